"""What was known when: late and restated weeks, and the panel as it was before them."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from mmm_assets.inputs import knowledge
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel
from mmm_assets.inputs.restatements import EarlierRefresh, restated_rows
from mmm_assets.inputs.source_files import SourceError


def week(number: int) -> str:
    return str((pd.Timestamp("2023-01-02") + pd.Timedelta(weeks=number)).date())


FIRST = date.fromisoformat(week(38))
LAST = date.fromisoformat(week(39))
THEN = datetime(2023, 10, 2, 6)
NOW = THEN + timedelta(days=7)


@pytest.fixture
def delivered_twice(small_project, connection):
    """38 weeks, then all 40: three cells restated, one late, one withdrawn."""
    kpi, media = small_project.kpi, small_project.media
    late = (kpi["week"] == week(30)) & (kpi["region"] == "west")
    tables = {name: getattr(small_project, name) for name in ("media", "kpi", "controls")}
    for name, frame in tables.items():
        setattr(small_project, name, frame[frame["week"] <= week(38)])
    small_project.kpi = kpi[~late & (kpi["week"] <= week(38))]
    small_project.load(connection, THEN)

    def cell(frame: pd.DataFrame, number: int, **names: str) -> pd.Series:
        found = frame["week"] == week(number)
        for name, value in names.items():
            found &= frame[name] == value
        return found

    small_project.kpi = kpi.copy()
    small_project.kpi.loc[cell(kpi, 10, region="north"), "sales"] += 100
    media = media.copy()
    media.loc[cell(media, 12, region="south", channel="tv"), "spend"] += 7
    media.loc[cell(media, 13, region="south", channel="tv"), "impressions"] *= 2
    small_project.media = media[~cell(media, 20, region="west", channel="search")]
    small_project.controls = tables["controls"]
    return small_project.load(connection, NOW)


def test_what_moved_is_listed_and_nothing_else(delivered_twice, small_project, connection) -> None:
    earlier = EarlierRefresh(FIRST, THEN + timedelta(hours=1))
    outcomes = run_checks(connection, delivered_twice, LAST, None, earlier)
    rows = restated_rows(connection)
    found = {
        (r.table_name, r.kind, r.region, r.week.date(), r.column_name): r for r in rows.itertuples()
    }
    late = small_project.kpi.query("region == 'west' and week == @week(30)")
    assert {key[1:] for key in found if key[0] == "kpi"} == {
        ("restated", "north", date.fromisoformat(week(10)), "kpi"),
        ("late", "west", date.fromisoformat(week(30)), "kpi"),
        ("late", "west", date.fromisoformat(week(30)), "value_per_kpi"),
    }
    assert {key[1:] for key in found if key[0] == "media"} == {
        ("restated", "south", date.fromisoformat(week(12)), "spend"),
        ("restated", "south", date.fromisoformat(week(13)), "exposure"),
        ("withdrawn", "west", date.fromisoformat(week(20)), "spend"),
        ("withdrawn", "west", date.fromisoformat(week(20)), "exposure"),
    }
    money = rows.set_index(["table_name", "kind"])["money"].dropna().groupby(level=[0, 1]).sum()
    assert money["kpi", "restated"] == pytest.approx(250)
    assert money["kpi", "late"] == pytest.approx(2.5 * late["sales"].item())
    assert money["media", "restated"] == pytest.approx(7)
    assert money["media", "withdrawn"] < 0
    told = {o.rule.name: o for o in outcomes if o.rule.table == "kpi"}
    assert told["restated"].failed_rows == 1  # the late week; 100 of 39,000 is below 2 %
    assert told["restated"].rule.severity == "warning"


def test_the_panel_as_known_then_is_the_panel_of_then(delivered_twice, connection) -> None:
    config = delivered_twice
    build_panel_tables(connection, config, FIRST, THEN + timedelta(hours=1))
    then = panel_fingerprint(read_panel(connection, config, FIRST))
    build_panel_tables(connection, config, FIRST)
    assert panel_fingerprint(read_panel(connection, config, FIRST)) != then
    connection.execute("DELETE FROM raw.loads WHERE loaded_at >= ?", [NOW])
    build_panel_tables(connection, config, FIRST)
    assert panel_fingerprint(read_panel(connection, config, FIRST)) == then


def test_a_macro_reads_a_table_as_known_on_a_day(delivered_twice, connection) -> None:
    from mmm_assets.inputs.known_rows import create_macros

    create_macros(connection, delivered_twice)
    for moment, rows in ((THEN - timedelta(days=1), 0), (NOW - timedelta(days=1), 116), (NOW, 116)):
        # One microsecond separates the loads of a call, so the last moment knows media alone.
        found = connection.execute(
            "SELECT count(*) FROM raw.kpi_as_known_on(?::TIMESTAMP)", [moment]
        ).fetchone()
        assert found == (rows,)
    total = "SELECT sum(kpi) FROM raw.kpi_as_known_on(TIMESTAMP '2023-10-20') WHERE region = 'west'"
    assert connection.execute(total).fetchone()[0] > 35_000


def test_which_loads_count(delivered_twice, small_project, connection) -> None:
    config = delivered_twice
    latest = knowledge.choose(connection, config, FIRST)
    assert (latest.kind, latest.known_on.date()) == ("latest", NOW.date())
    asked = knowledge.choose(connection, config, FIRST, "2023-10-05")
    assert (asked.kind, asked.known_on.date()) == ("asked", THEN.date())
    small_project.content["refresh"] = {"knowledge": "then", "days_to_deliver": 6}
    config = small_project.write()
    then = knowledge.choose(connection, config, date.fromisoformat(week(38)))
    assert (then.kind, then.known_on.date()) == ("then", THEN.date())
    with pytest.raises(SourceError, match="nothing was loaded by 2023-09-24"):
        knowledge.choose(connection, config, date.fromisoformat(week(36)))
    with pytest.raises(ValueError, match="'yesterday' is no moment"):
        knowledge.choose(connection, config, FIRST, "yesterday")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-30", datetime(2026, 6, 30, 23, 59, 59, 999999)),
        ("2026-06-30T06:00", datetime(2026, 6, 30, 6)),
        ("2026-06-30T06:00+02:00", datetime(2026, 6, 30, 4)),
    ],
)
def test_moments_are_utc(text: str, moment: datetime) -> None:
    assert knowledge.parse_moment(text) == moment


def test_another_unit_than_before_is_refused(small_project, connection) -> None:
    small_project.load(connection, THEN)
    small_project.media["spend"] *= 100
    config = small_project.load(connection, NOW)
    earlier = EarlierRefresh(FIRST, THEN + timedelta(hours=1))
    outcomes = run_checks(connection, config, LAST, None, earlier, roles=("media",))
    broken = {o.rule.name: o for o in outcomes if not o.passed}
    assert set(broken) == {"units_as_before", "restated"}
    assert broken["units_as_before"].blocks
    assert "times 100" in broken["units_as_before"].message
