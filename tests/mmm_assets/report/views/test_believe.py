"""The page says of each channel how far to believe it, and why."""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.believe import views


def test_each_channel_gets_a_word_and_what_is_in_doubt(filled, example) -> None:
    case = example(regions=2)
    first, second, third = case.channels[:3]
    page = {view.id: view for view in views(Refresh(filled(case), case.week))}
    assert list(page) == [
        "trust-channels", "trust-learned", "trust-twin", "trust-placebo", "trust-tests"
    ]  # fmt: skip
    said = page["trust-channels"].listing.set_index("Channel")["Its return"]
    assert said[first].endswith(f"can be believed. twin says known_to of {first}.")
    assert said[second].endswith(f"is a rough guess. placebo says beats of {second}.")
    assert "cannot be known from this data" in said[third]
    assert f"{first} can be believed; {second} is a rough guess" in page["trust-channels"].reading
    assert page["trust-placebo"].reading.endswith("in the wrong weeks.")
    assert page["trust-tests"].reading == "1 of 1 measure turned out well."


def test_a_refresh_that_was_not_tested_says_so(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    connection.execute("DELETE FROM mart.trust_tests")
    (view,) = views(Refresh(connection, case.week))
    assert view.is_empty
    assert "trust.weekly" in view.reading


def test_channels_of_a_cheap_week_are_told_without_refits(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    connection.execute("DELETE FROM mart.trust_tests WHERE test IN ('placebo', 'twin')")
    page = {view.id: view for view in views(Refresh(connection, case.week))}
    assert set(page) == {"trust-channels", "trust-learned"}
    said = page["trust-channels"].listing.set_index("Channel")["Its return"]
    assert said[case.channels[0]].endswith(f"half_width of {case.channels[0]}.")


def test_where_no_channel_was_judged_the_whole_is_told(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    connection.execute("DELETE FROM mart.trust_tests WHERE channel IS NOT NULL")
    channels, whole = views(Refresh(connection, case.week))
    assert channels.is_empty and "No test that ran" in channels.reading
    assert whole.id == "trust-tests"
