import numpy as np
import pandas as pd
import pytest

from mmm_model.calendar_weeks import calendar_columns

WEEKS = pd.date_range("2024-03-04", periods=8, freq="7D")


def columns(rows: list[tuple[str, str, str, str]], **around: int) -> dict[tuple, np.ndarray]:
    days = pd.DataFrame(rows, columns=["region", "day", "name", "kind"])
    days["day"] = pd.to_datetime(days["day"])
    treatments, values = calendar_columns(days, ("north", "south"), WEEKS, **around)
    return {one.key: values[..., t] for t, one in enumerate(treatments)}


def test_a_monday_counts_where_it_lies_and_the_days_around_it_where_they_do() -> None:
    found = columns([("north", "2024-04-01", "Easter Monday", "holiday")])
    np.testing.assert_array_equal(found["Easter Monday", "day"][0], [0, 0, 0, 0, 1, 0, 0, 0])
    np.testing.assert_allclose(found["Easter Monday", "before"][0], [0, 0, 0, 1, 0, 0, 0, 0])
    after = [0, 0, 0, 0, 6 / 7, 1 / 7, 0, 0]
    np.testing.assert_allclose(found["Easter Monday", "after"][0], after)
    assert not found["Easter Monday", "day"][1].any()  # nobody keeps it in the south


def test_days_beyond_the_weeks_count_where_those_before_them_reach_into_them() -> None:
    found = columns([("south", "2024-05-01", "Labour Day", "holiday")])
    assert ("Labour Day", "day") not in found
    np.testing.assert_allclose(found["Labour Day", "before"][1, -1], 5 / 7)


def test_a_week_that_begins_on_a_sunday_is_that_week() -> None:
    sunday = [("north", "2024-03-31", "Easter", "holiday")]  # in the week named by the 25th
    assert columns(sunday)["Easter", "day"][0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    began = columns(sunday, begins=-1)
    assert began["Easter", "day"][0].tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    np.testing.assert_allclose(began["Easter", "before"][0], [0, 0, 0, 1, 0, 0, 0, 0])
    monday = [("north", "2024-04-01", "Easter Monday", "holiday")]
    assert columns(monday, begins=-1)["Easter Monday", "day"][0, 4] == 1


def test_an_event_is_the_share_of_a_week_and_has_one_before_and_one_after() -> None:
    days = [("north", str(day), "school holidays", "event")
            for day in pd.date_range("2024-03-14", "2024-03-27").date]  # fmt: skip
    found = columns(days, before=2, after=0)
    np.testing.assert_allclose(found["school holidays", "day"][0], [0, 4 / 7, 1, 3 / 7, 0, 0, 0, 0])
    np.testing.assert_allclose(found["school holidays", "before"][0, :2], [0, 1])
    assert ("school holidays", "after") not in found


def test_days_that_no_week_tells_apart_are_one() -> None:
    both = [("north", "2024-03-12", name, "holiday") for name in ("A", "B")]
    assert {key[0] for key in columns(both)} == {"A, B"}


def test_weeks_ahead_hold_what_was_seen_before_where_it_will_be() -> None:
    """In the weeks two feasts are in one week; ahead they are not, and each is half of both."""
    days = [
        *[("north", day, "A", "holiday") for day in ("2024-03-05", "2024-05-05")],
        *[("north", day, "B", "holiday") for day in ("2024-03-06", "2024-05-06")],
        ("north", "2024-05-07", "new", "event"),
    ]
    found = columns(days, before=0, after=0, ahead=2)
    assert set(found) == {("A, B", "day")}  # what was never seen has no effect that is known
    assert found["A, B", "day"][0].tolist() == [1, *[0] * 7, 0.5, 0.5]


@pytest.mark.parametrize("name", ["Good Friday", "Easter Monday"])
def test_moving_feasts_are_others(name: str) -> None:
    rows = [("north", "2024-03-29", "Good Friday", "holiday"),
            ("north", "2024-04-01", "Easter Monday", "holiday")]  # fmt: skip
    assert (name, "day") in columns(rows)
