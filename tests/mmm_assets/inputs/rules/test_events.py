"""Own events, from their table to the panel and the weeks ahead, and what is refused."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel
from mmm_assets.inputs.restatements import EarlierRefresh, restated_rows
from mmm_assets.store.saved_panel import panel_from_bytes, panel_to_bytes
from mmm_model.budget.future_plan import extend

THEN, LATER = datetime(2023, 10, 1, tzinfo=UTC), datetime(2023, 10, 8, tzinfo=UTC)
BETWEEN = datetime(2023, 10, 4)
SOURCE = {"source": "events.csv", "day": "from", "until": "to", "name": "what", "region": "where"}
ROWS = [
    ("2023-02-13", "2023-02-24", "school holidays", "north"),
    ("2023-06-07", "", "fair", ""),
    ("2023-10-18", "2023-10-19", "fair", ""),  # two weeks after the last one of the tables
]


@pytest.fixture
def eventful(small_project):
    """The small project with a calendar of events alone; call it with the rows of their table."""

    def write(rows, **calendar):
        frame = pd.DataFrame(rows, columns=["from", "to", "what", "where"])
        frame.to_csv(small_project.folder / "events.csv", index=False)
        own = {"events": SOURCE, "before": 0, "after": 0}
        small_project.content["calendar"] = own | calendar
        return small_project

    return write


def panel_of(project, connection, known_on=None):
    config = project.write()
    last = date.fromisoformat(max(project.kpi["week"]))
    build_panel_tables(connection, config, last, known_on)
    return read_panel(connection, config, last)


def blocked(config, connection) -> dict[str, str]:
    return {o.rule.name: o.message for o in run_checks(connection, config, None) if not o.passed}


def test_events_are_shares_of_weeks_also_of_those_to_come(eventful, connection) -> None:
    project = eventful(ROWS)
    assert not blocked(project.load(connection), connection)
    panel = panel_of(project, connection)
    assert {(one.label, one.kind) for one in panel.treatments} == {
        ("fair (day)", "event"), ("school holidays (day)", "event")
    }  # fmt: skip
    values = {one.name: panel.treatment[..., t] for t, one in enumerate(panel.treatments)}
    np.testing.assert_allclose(values["school holidays"][0, 5:9], [0, 1, 5 / 7, 0])
    assert not values["school holidays"][1:].any()
    np.testing.assert_allclose(values["fair"][:, 22], 1 / 7)  # no region: everywhere

    again = panel_from_bytes(panel_to_bytes(panel))
    ahead = extend(again, np.zeros((3, 4, len(panel.channels))))
    fair = ahead.treatment[..., [one.name for one in ahead.treatments].index("fair")]
    np.testing.assert_allclose(fair[:, 40:], np.tile([0, 2 / 7, 0, 0], (3, 1)))


def test_the_newest_load_is_all_of_the_table(eventful, connection) -> None:
    """A fair that is moved is where it will be, and what was known before is known as it was."""
    first = eventful(ROWS)
    first.load(connection, THEN)
    before = panel_of(first, connection)
    moved = eventful([ROWS[0], ("2023-06-14", "", "fair", ""), ("2023-10-25", "", "fair", "")])
    config = moved.load(connection, LATER)
    now = panel_of(moved, connection)
    fair = [one.name for one in now.treatments].index("fair")
    assert now.treatment[0, :, fair].nonzero()[0].tolist() == [23]
    assert now.ahead[0, :, fair].nonzero()[0].tolist() == [2]
    known_then = panel_of(moved, connection, BETWEEN)
    assert panel_fingerprint(known_then) == panel_fingerprint(before) != panel_fingerprint(now)

    week = date(2023, 9, 25)
    run_checks(connection, config, week + timedelta(weeks=1), None,
               EarlierRefresh(week, BETWEEN))  # fmt: skip
    rows = restated_rows(connection)[
        ["table_name", "kind", "region", "name", "week", "column_name"]
    ]
    assert rows.astype(str).to_numpy().tolist() == [
        ["events", "withdrawn", "everywhere", "fair", "2023-06-05", "days"],
        ["events", "late", "everywhere", "fair", "2023-06-12", "days"],
    ]


def test_events_that_cannot_be_are_refused_with_their_row(eventful, connection) -> None:
    project = eventful(
        [
            *ROWS,
            ("soon", "", "launch", ""),
            ("2023-03-10", "2023-03-01", "strike", ""),
            ("2023-04-03", "", "", ""),
            ("2023-04-03", "", "fair", "atlantis"),
            ("2023-02-20", "", "school holidays", "north"),
            ("2023-05-01", "", "Fair", ""),
        ]
    )
    said = blocked(project.load(connection), connection)
    assert set(said) == {
        "days_readable", "until_after_day", "names_present", "regions_known", "events_unique",
        "names_distinct",
    }  # fmt: skip
    assert "row 4 of events.csv" in said["days_readable"] and "soon" in said["days_readable"]
    assert "row 5 of events.csv" in said["until_after_day"]
    assert "row 6 of events.csv" in said["names_present"]
    assert "atlantis" in said["regions_known"]
    assert "row 8 of events.csv" in said["events_unique"]
    assert "Fair / fair" in said["names_distinct"]


def test_events_of_other_years_and_of_holidays(eventful, connection) -> None:
    pytest.importorskip("holidays")
    project = eventful([("2021-05-01", "", "Labor Day", "")], country="DE")
    said = blocked(project.load(connection), connection)
    assert set(said) == {"events_in_weeks", "names_of_their_own"}
    assert "2021-05-01" in said["events_in_weeks"]


def test_a_calendar_of_holidays_alone_keeps_its_fingerprint(small_project) -> None:
    """What it was before there were events."""
    small_project.content["calendar"] = {"country": "DE"}
    assert "events" not in small_project.write().calendar.model_dump()
    small_project.content["calendar"]["events"] = SOURCE
    own = small_project.write()
    small_project.content["calendar"]["events"] = {**SOURCE, "upstream": ["dbt/events"]}
    assert small_project.write().fingerprint == own.fingerprint
