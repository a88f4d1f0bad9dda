from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from mmm_assets.inputs.checks import RULES, CheckOutcome, run_checks
from mmm_assets.inputs.roles import ROLES


def week(number: int) -> str:
    return str((pd.Timestamp("2023-01-02") + pd.Timedelta(weeks=number)).date())


LAST = date.fromisoformat(week(39))


def outcomes(
    small_project, connection, through: date | None = LAST, roles: tuple[str, ...] = tuple(ROLES)
) -> dict[str, CheckOutcome]:
    """Outcomes by ``table.rule``."""
    config = small_project.load(connection)
    found = run_checks(connection, config, through, roles=roles)
    return {f"{o.rule.table}.{o.rule.name}": o for o in found}


def failed(found: dict[str, CheckOutcome]) -> set[str]:
    return {name for name, outcome in found.items() if not outcome.passed}


def test_clean_tables_break_no_rule(small_project, connection) -> None:
    found = outcomes(small_project, connection)
    assert failed(found) == set()
    assert set(found) == {f"{rule.table}.{rule.name}" for rule in RULES}


def test_every_rule_is_named_once_and_says_what_to_do() -> None:
    names = [(rule.table, rule.name) for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(rule.description and rule.remedy for rule in RULES)


def spoil(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    spoilt = frame.astype({column: object})
    spoilt.loc[row, column] = value
    return spoilt


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "rule", "said"),
    [
        ("media", 4, "week", "someday", "media.weeks_readable", ["row 5 of media.csv", "someday"]),
        ("kpi", 4, "week", "", "kpi.weeks_readable", ["row 5 of kpi.csv"]),
        ("media", 7, "channel", "", "media.names_present", ["row 8 of media.csv"]),
        ("media", 2, "spend", "ten", "media.numbers_readable", ["row 3", "north", "tv", "ten"]),
        ("kpi", 2, "sales", "12 apples", "kpi.numbers_readable", ["row 3", "12 apples"]),
        ("controls", 9, "price", "cheap", "controls.numbers_readable", ["row 10", "cheap"]),
        ("media", 3, "impressions", "inf", "media.values_finite", ["row 4", "inf"]),
        ("kpi", 3, "sales", "-Infinity", "kpi.values_finite", ["row 4"]),
        ("media", 5, "spend", -3.5, "media.values_not_negative", ["row 6", "-3.5", week(5)]),
        ("kpi", 5, "sales", -3.5, "kpi.values_not_negative", ["row 6", "-3.5"]),
        ("media", 1, "region", "nort", "media.regions_match", ["row 2", "nort"]),
        ("kpi", 1, "region", "nort", "kpi.regions_match", ["row 2", "nort"]),
        ("controls", 1, "region", "nort", "controls.regions_match", ["row 2", "nort"]),
        ("media", 1, "channel", "vt", "media.channels_often_active", ["vt", "weeks_on_air 1"]),
        ("controls", 1, "price", None, "controls.complete", ["price", week(1)]),
    ],
)
def test_one_bad_cell(
    small_project, connection, table: str, row: int, column: str, value: object,
    rule: str, said: list[str],
) -> None:  # fmt: skip
    setattr(small_project, table, spoil(getattr(small_project, table), row, column, value))
    found = outcomes(small_project, connection, roles=(table,))
    assert rule in failed(found)
    outcome = found[rule]
    assert outcome.failed_rows == 1
    assert len(outcome.sample) == 1
    assert outcome.rule.remedy in outcome.message
    for text in [table, rule.split(".")[1], *said]:
        assert text in outcome.message


def test_duplicated_keys(small_project, connection) -> None:
    again = small_project.media.iloc[[3]].assign(spend=99.0)
    small_project.media = pd.concat([small_project.media, again])
    found = outcomes(small_project, connection, roles=("media",))
    assert failed(found) == {"media.keys_unique"}
    outcome = found["media.keys_unique"]
    assert outcome.rule.severity == "blocking"
    assert outcome.failed_rows == 1
    assert "row 241 of media.csv" in outcome.message
    assert week(3) in outcome.message


def test_a_region_without_media_or_kpi(small_project, connection) -> None:
    small_project.kpi = small_project.kpi[small_project.kpi["region"] != "west"]
    assert "media.regions_match" in failed(outcomes(small_project, connection, roles=("media",)))


def test_a_kpi_of_zeros(small_project, connection) -> None:
    small_project.kpi["sales"] = 0.0
    found = outcomes(small_project, connection, roles=("kpi",))
    assert "kpi.varies" in failed(found)
    assert found["kpi.varies"].rule.severity == "blocking"


def test_a_constant_kpi(small_project, connection) -> None:
    small_project.kpi["sales"] = 7.0
    found = outcomes(small_project, connection, roles=("kpi",))
    assert {"kpi.varies", "kpi.regions_vary"} <= failed(found)
    assert "lowest 7" in found["kpi.varies"].message


def test_one_constant_region_is_a_warning(small_project, connection) -> None:
    small_project.kpi.loc[small_project.kpi["region"] == "west", "sales"] = 7.0
    assert failed(outcomes(small_project, connection, roles=("kpi",))) == {"kpi.regions_vary"}


@pytest.mark.parametrize("weeks", [1, 25])
def test_too_few_weeks(small_project, connection, weeks: int) -> None:
    for table in ("media", "kpi", "controls"):
        frame = getattr(small_project, table)
        setattr(small_project, table, frame[frame["week"] < week(weeks)])
    found = outcomes(small_project, connection, date.fromisoformat(week(weeks - 1)), ("kpi",))
    assert "kpi.enough_weeks" in failed(found)
    assert "refresh.min_weeks" in found["kpi.enough_weeks"].message


def test_one_region_is_a_national_panel(small_project, connection) -> None:
    for table in ("media", "kpi", "controls"):
        frame = getattr(small_project, table)
        setattr(small_project, table, frame[frame["region"] == "west"])
    assert failed(outcomes(small_project, connection)) == set()


def test_a_channel_that_is_always_zero(small_project, connection) -> None:
    tv = small_project.media["channel"] == "tv"
    small_project.media.loc[tv, ["spend", "impressions"]] = 0
    found = outcomes(small_project, connection, roles=("media",))
    assert failed(found) == {"media.channels_active"}
    assert "channel tv" in found["media.channels_active"].message
    small_project.media[["spend", "impressions"]] = 0
    found = outcomes(small_project, connection, roles=("media",))
    assert "media.some_activity" in failed(found)


def test_weeks_out_of_order_are_accepted(small_project, connection) -> None:
    for table in ("media", "kpi", "controls"):
        setattr(small_project, table, getattr(small_project, table).sample(frac=1, random_state=3))
    assert failed(outcomes(small_project, connection)) == set()


def test_a_gap_in_the_weeks_is_a_warning(small_project, connection) -> None:
    for table in ("media", "kpi", "controls"):
        frame = getattr(small_project, table)
        gone = frame["week"].isin([week(9), week(10)])
        setattr(small_project, table, frame[~gone])
    found = outcomes(small_project, connection)
    assert failed(found) == {"kpi.weeks_regular"}
    assert found["kpi.weeks_regular"].failed_rows == 2
    assert week(11) in found["kpi.weeks_regular"].message


@pytest.mark.parametrize("table", ["kpi", "media"])
def test_late_data(small_project, connection, table: str) -> None:
    frame = getattr(small_project, table)
    setattr(small_project, table, frame[frame["week"] < week(39)])
    found = outcomes(small_project, connection, roles=(table,))
    assert f"{table}.reaches_refresh_week" in failed(found)
    assert week(38) in found[f"{table}.reaches_refresh_week"].message
    assert f"{table}.reaches_refresh_week" not in failed(
        outcomes(small_project, connection, None, (table,))
    )


def test_later_weeks_are_not_looked_at(small_project, connection) -> None:
    small_project.media = spoil(small_project.media, 39, "spend", -1.0)
    before = date.fromisoformat(week(38))
    assert failed(outcomes(small_project, connection, before)) == set()
    assert failed(outcomes(small_project, connection)) == {"media.values_not_negative"}


def test_a_corrected_delivery_is_accepted(small_project, connection) -> None:
    good = small_project.media
    small_project.media = spoil(spoil(good, 1, "region", "nort"), 2, "week", "someday")
    assert "media.regions_match" in failed(outcomes(small_project, connection, roles=("media",)))
    small_project.media = good
    assert failed(outcomes(small_project, connection, roles=("media",))) == set()


def test_zeros_are_told(small_project, connection) -> None:
    rows = small_project.kpi["week"].isin([week(4), week(5)]) & (
        small_project.kpi["region"] == "west"
    )
    small_project.kpi.loc[rows, "sales"] = 0
    found = outcomes(small_project, connection, roles=("kpi",))
    assert failed(found) == {"kpi.no_zeros"}
    assert "region west, zeros 2, masked 2" in found["kpi.no_zeros"].message


def test_controls_that_say_nothing(small_project, connection) -> None:
    random = np.random.default_rng(0)
    small_project.controls["flat"] = 3
    small_project.controls["words"] = [f"w{n}" for n in random.integers(0, 40, 120)]
    small_project.content["tables"]["controls"]["columns"] = ["price", "flat", "words"]
    assert failed(outcomes(small_project, connection, roles=("controls",))) == {
        "controls.vary",
        "controls.few_words",
    }


def test_lift_tests(small_project, connection) -> None:
    frame = pd.DataFrame(
        {
            "channel": ["tv", "radio"],
            "x": [1, 1],
            "delta_x": [1, 1],
            "delta_y": [3, 3],
            "sigma": [0, 1],
        }
    )
    frame.to_csv(small_project.folder / "lift.csv", index=False)
    small_project.content["tables"]["lift_tests"] = {"source": "lift.csv"}
    found = outcomes(small_project, connection, roles=("lift_tests",))
    assert failed(found) == {"lift_tests.channels_known", "lift_tests.sigma_positive"}
    assert "radio" in found["lift_tests.channels_known"].message
    assert "row 1 of lift.csv" in found["lift_tests.sigma_positive"].message


def test_lift_tests_must_be_whole_and_of_known_regions(small_project, connection) -> None:
    frame = pd.DataFrame(
        {
            "channel": ["tv", "tv", "tv"],
            "region": ["atlantis", "north", None],
            "delta_x": [1, 0, 1],
            "delta_y": [3, 3, 3],
            "sigma": [1, 1, 1],
            "start": ["2023-02-06", "2023-02-06", "2023-02-06"],
            "end": ["2023-03-06", "2023-03-06", None],
        }
    )
    frame.to_csv(small_project.folder / "lift.csv", index=False)
    columns = {"region": "region", "x": None, "start_week": "start", "end_week": "end"}
    small_project.content["tables"]["lift_tests"] = {"source": "lift.csv", **columns}
    found = outcomes(small_project, connection, roles=("kpi", "lift_tests"))
    assert failed(found) == {"lift_tests.regions_known", "lift_tests.tests_complete"}
    assert "atlantis" in found["lift_tests.regions_known"].message


def test_the_graph_names_channels_that_are_there(small_project, connection) -> None:
    small_project.content["graph"] = {"tiers": [["tv"], ["serch"]]}
    found = outcomes(small_project, connection, roles=("media",))
    assert failed(found) == {"media.channels_configured"}
    assert "serch" in found["media.channels_configured"].message


def cells(small_project, table: str, weeks: range | list[int], **names: str) -> pd.Series:
    """Which rows of a table are those weeks of those regions and channels."""
    frame = getattr(small_project, table)
    found = frame["week"].isin([week(number) for number in weeks])
    for name, value in names.items():
        found &= frame[name] == value
    return found


def change(small_project, table: str, column: str, value, weeks, **names: str) -> None:
    """Set or, with a function, change cells of a column."""
    frame = getattr(small_project, table).astype({column: object})
    rows = cells(small_project, table, weeks, **names)
    new = frame.loc[rows, column].map(value) if callable(value) else value
    frame.loc[rows, column] = new
    setattr(small_project, table, frame)


NORTH_TV = {"region": "north", "channel": "tv"}


@pytest.mark.parametrize(
    ("table", "column", "value", "weeks", "names", "rules"),
    [
        ("media", "spend", lambda x: 1000 * x, range(36, 40), NORTH_TV, ["media.unit_changes"]),
        ("media", "impressions", lambda x: x / 1000, [7], NORTH_TV, ["media.unit_changes"]),
        ("kpi", "sales", lambda x: 100 * x, [7], {"region": "west"}, ["kpi.unit_changes"]),
        ("kpi", "value", lambda x: x / 100, [7], {"region": "west"}, ["kpi.unit_changes"]),
        ("controls", "price", lambda x: 100 * x, [7], {"region": "west"},
         ["controls.unit_changes"]),
        ("media", "impressions", 0, [7], NORTH_TV, ["media.exposure_behind_spend"]),
        ("media", "spend", 0, [7], NORTH_TV, ["media.spend_behind_exposure"]),
        ("media", "spend", None, [7], NORTH_TV, ["media.values_complete"]),
        ("media", "spend", lambda x: 9 * x, [30], {"channel": "tv"}, ["media.no_jumps"]),
        ("kpi", "sales", lambda x: 5 * x, [30], {"region": "west"}, ["kpi.no_jumps"]),
        ("kpi", "sales", lambda x: x / 5, [30], {"region": "west"}, ["kpi.no_jumps"]),
        ("kpi", "sales", 1003.0, range(30, 36), {"region": "west"}, ["kpi.not_frozen"]),
        ("kpi", "sales", None, range(36, 40), {"region": "west"},
         ["kpi.weeks_complete", "kpi.regions_stay"]),
        ("kpi", "value", None, [7], {"region": "west"}, ["kpi.value_complete"]),
        ("kpi", "value", -2.5, [7], {"region": "west"}, ["kpi.value_positive"]),
        ("media", "channel", "TV", [7], NORTH_TV, ["media.names_distinct"]),
        ("kpi", "week", week(6)[:8] + "14", [7], {"region": "west"}, ["kpi.days_regular"]),
    ],
)  # fmt: skip
def test_values_that_look_wrong(
    small_project, connection, table: str, column: str, value, weeks, names, rules: list[str]
) -> None:
    change(small_project, table, column, value, weeks, **names)
    found = outcomes(small_project, connection, roles=(table,))
    assert set(rules) <= failed(found), failed(found)
    for rule in rules:
        message = found[rule].message
        assert table in message
        assert names.get("channel", names.get("region")) in message


def test_a_row_missing_from_a_full_table(small_project, connection) -> None:
    rows = cells(small_project, "media", [7], **NORTH_TV)
    small_project.media = small_project.media[~rows]
    found = outcomes(small_project, connection, roles=("media",))
    assert failed(found) == {"media.rows_complete"}
    assert f"first_week_missing {week(7)}, region north" in found["media.rows_complete"].message
    # Where rows are given for activity alone, none may be missed.
    small_project.media = small_project.media.sample(frac=0.7, random_state=1)
    found = outcomes(small_project, connection, roles=("media",))
    assert "media.rows_complete" not in failed(found)


def test_a_channel_that_falls_silent_or_says_nothing(small_project, connection) -> None:
    for column in ("spend", "impressions"):
        change(small_project, "media", column, 0, range(25, 40), channel="tv")
        change(small_project, "media", column, 30, range(40), channel="search")
    found = outcomes(small_project, connection, roles=("media",))
    assert failed(found) == {"media.not_silent", "media.varies"}
    assert f"last_on_air {week(24)}" in found["media.not_silent"].message
    assert "regions_silent 3" in found["media.not_silent"].message
    assert "channel search" in found["media.varies"].message


def test_channels_that_move_alike(small_project, connection) -> None:
    tv = small_project.media["channel"] == "tv"
    search = small_project.media["channel"] == "search"
    spend = small_project.media.loc[tv, "impressions"].to_numpy()
    small_project.media.loc[search, "impressions"] = 3 * spend + 1
    found = outcomes(small_project, connection, roles=("media",))
    assert failed(found) == {"media.distinguishable"}
    assert "search, other_channel tv" in found["media.distinguishable"].message


def test_little_data_for_many_channels(small_project, connection) -> None:
    small_project.content["checks"] = {"min_data_ratio": 50}
    found = outcomes(small_project, connection, roles=("kpi",))
    assert failed(found) == {"kpi.data_enough"}
    assert "region_weeks 120, channels 2, controls 1, ratio 40" in found["kpi.data_enough"].message


def waive(small_project, rule: str, until: date) -> None:
    small_project.content["checks"] = {
        "waivers": [{"rule": rule, "reason": "known to finance", "until": until}]
    }


def test_a_waiver_lets_pass_until_its_day(small_project, connection) -> None:
    small_project.media = spoil(small_project.media, 5, "spend", -3.5)
    rule = "media.values_not_negative"
    today = datetime.now(UTC).date()
    for until, blocks in ((today + timedelta(days=1), False), (today - timedelta(days=1), True)):
        waive(small_project, rule, until)
        outcome = outcomes(small_project, connection, roles=("media",))[rule]
        assert not outcome.passed
        assert outcome.blocks == blocks
        assert str(until) in outcome.message
        assert ("known to finance" in outcome.message) != blocks
