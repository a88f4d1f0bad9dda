"""The page says in words whether effects changed, also where none did."""

from __future__ import annotations

import pytest

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.effectiveness import views


@pytest.fixture
def read(filled, example):
    """The two views of an invented refresh."""

    def views_of(**looks):
        case = example(regions=2, **looks)
        return views(Refresh(filled(case), case.week))

    return views_of


def test_a_channel_that_moves_comes_first_and_is_told_in_words(read) -> None:
    paths, evidence = read(moving="radio")
    assert paths.reading.startswith("The effect of radio fell by 19 %")
    assert "5 channels no change is known" in paths.reading
    assert paths.figure["layout"]["annotations"][0]["text"] == "radio"
    first = evidence.listing.iloc[0]
    assert first["Channel"] == "radio" and first["Bayes factor"] == "67"
    assert "1 channel of 6" in evidence.reading


def test_where_nothing_moves_neither_view_is_empty(read) -> None:
    paths, evidence = read(moving=None)
    assert not paths.is_empty and paths.panels == 6
    assert paths.reading.startswith("No channel's effect is known to have changed")
    assert evidence.listing["What the data say"].str.startswith("No sign").all()
    assert (evidence.listing["Bayes factor"] == "1/1.5").all()


def test_a_refresh_from_before_the_evidence_shows_its_paths(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    connection.execute("DELETE FROM mart.effectiveness_evidence")
    (paths,) = views(Refresh(connection, case.week))
    assert not paths.is_empty and "A unit of social varied most" in paths.reading


def test_an_estimator_that_tests_nothing_says_so(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    connection.execute("UPDATE mart.effectiveness_evidence SET log_bayes_factor = NULL")
    _, evidence = views(Refresh(connection, case.week))
    assert evidence.is_empty and "does not weigh" in evidence.reading
