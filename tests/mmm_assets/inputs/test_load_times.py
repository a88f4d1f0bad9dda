"""A clock that was wrong once changes neither the order of loads nor what is known then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mmm_assets.inputs import knowledge
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.load_times import load_times
from mmm_assets.inputs.sources import load_raw

NOW = datetime(2024, 1, 8, 6)
WEEK = timedelta(weeks=1)
AHEAD = datetime(2031, 5, 1)


def deliver(small_project, connection, moment: datetime, sales: float) -> tuple[str, ...]:
    small_project.kpi.loc[0, "sales"] = sales
    return load_raw(connection, small_project.write(), "kpi", moment).warnings


def test_after_a_clock_that_was_ahead_later_deliveries_are_known(small_project, connection) -> None:
    small_project.content["refresh"] = {"knowledge": "then"}
    for number in range(3):
        assert deliver(small_project, connection, NOW + number * WEEK, 1.0 + number) == ()
    assert deliver(small_project, connection, AHEAD, 50.0) == ()  # nothing contradicts it yet
    [warning] = deliver(small_project, connection, NOW + 4 * WEEK, 60.0)
    assert "load 4 of kpi: the clock said 2031-05-01" in warning
    assert deliver(small_project, connection, NOW + 5 * WEEK, 70.0) == ()
    config = small_project.write()
    seen = []
    for monday in (date(2024, 1, 22), date(2024, 1, 29), date(2024, 2, 5)):  # and two weeks more
        known = knowledge.choose(connection, config, monday)
        create_known(connection, config, "kpi", known_on=known.known_on)
        seen += connection.execute("SELECT kpi FROM known_kpi WHERE source_row = 1").fetchall()
    # What the clock put into 2031 was there before the next delivery.
    assert seen == [(50.0,), (60.0,), (70.0,)]
    clocks = connection.execute("SELECT clock FROM raw.loads ORDER BY load_id").fetchall()
    assert clocks[3] == (AHEAD,)


def test_what_an_earlier_refresh_knew_stays_what_it_knew(small_project, connection) -> None:
    deliver(small_project, connection, NOW, 1.0)
    deliver(small_project, connection, AHEAD, 2.0)
    config = small_project.write()
    then = knowledge.choose(connection, config, date(2024, 1, 8))
    knowledge.record(connection, date(2024, 1, 8), then, "run")
    deliver(small_project, connection, NOW + WEEK, 3.0)
    found = knowledge.recorded(connection, date(2024, 1, 8))
    assert found is not None and found[1].name == then.name == "load 2"
    create_known(connection, config, "kpi", known_on=found[1].known_on)
    [first] = connection.execute("SELECT kpi FROM known_kpi WHERE source_row = 1").fetchall()
    assert first == (2.0,)


def test_a_clock_that_is_set_back_once_moves_nothing_else() -> None:
    right = [NOW + number * WEEK for number in range(5)]
    back = [*right[:3], datetime(1970, 1, 1), *right[3:]]
    times = load_times(back)
    assert times[:3] + times[4:] == right
    assert times[3] == right[2] + timedelta(microseconds=1)


def test_the_files_of_a_first_load_ahead_are_one_reading() -> None:
    first = [AHEAD + timedelta(seconds=n) for n in range(20)]
    later = [NOW, NOW + timedelta(seconds=1)]
    times = load_times(first + later)
    assert times[:20] == [NOW + n * timedelta(microseconds=1) for n in range(20)]
    assert times[-1] == later[-1]


moments = st.datetimes(datetime(1970, 1, 1), datetime(2040, 1, 1))


@given(st.lists(moments, max_size=30))
def test_times_increase_with_the_loads(clocks: list[datetime]) -> None:
    times = load_times(clocks)
    assert all(a < b for a, b in pairwise(times))
    assert load_times(times) == times
    if sorted(set(clocks)) == clocks:
        assert times == clocks
