"""Tests in words: which next and why, and the model against those that were read."""

from __future__ import annotations

import pytest

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.experiments import views


@pytest.fixture
def read(filled, example):
    def views_of(**looks):
        case = example(**looks)
        return views(Refresh(filled(case), case.week))

    return views_of


def test_the_next_test_is_said_with_its_worth_and_its_cost(read) -> None:
    ahead, track = read(regions=6)
    said = ahead.reading.replace("\u00a0", " ")
    assert said.startswith("Next: hold tv back in Region 01, Region 02 and 1 more region for 8")
    assert "worth 30 k €" in said and "costs 12 k €" in said
    assert track.reading.startswith("1 of 1 test measured what the model expected before")
    assert "300 orders a week off on average before it read them, 150 since" in track.reading
    assert "1 test is running" in track.reading
    listed = track.listing.set_index("Test")
    assert listed.loc["tv: not designed here", "Measured"].replace("\u00a0", " ").endswith("50 %")
    assert listed.loc["tv: Winter", "Measured"] == "–"
    weeks = listed.loc["tv: Winter", "Weeks"].replace("\u00a0", " ")
    assert weeks == "2 weeks from 9 Nov 2026"


def test_without_draws_the_page_says_what_is_needed(read) -> None:
    ahead, _ = read(regions=2)
    assert ahead.is_empty and "50 at least" in ahead.reading
