"""The page says how often a person is best reached, where channels are given that way."""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.frequency import views


def test_a_channel_of_reach_has_its_best_frequency_in_words(filled, example) -> None:
    case = example(regions=2, reached=("tv", "display"))
    connection = filled(case)
    connection.execute(
        "UPDATE mart.optimal_budgets SET best_frequency = 2.3, best_frequency_response = "
        "1.25 * optimal_response WHERE channel = 'tv' AND region IS NULL"
    )
    (view,) = views(Refresh(connection, case.week))
    assert view.reading.startswith("display reaches a person 4 times in a week of its plan; ")
    tv = next(choice for choice in view.choices if choice.label == "tv")
    assert "the same money would bring 21\xa0% more at 2.3." in tv.reading
    assert "between 1.6 and 3.2 with 90 % probability" in tv.reading
    assert "tv" in view.note and "at the recommended budget" in view.note
    assert len(view.table) == 82


def test_without_frequency_there_is_no_view(filled, example) -> None:
    case = example(regions=2)
    assert views(Refresh(filled(case), case.week)) == ()
