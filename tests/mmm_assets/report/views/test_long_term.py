"""The page says what is still to come, or that the table cannot tell it."""

from __future__ import annotations

import pytest

from mmm_assets.report import build_report
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views import decomposition
from mmm_assets.report.views.long_term import views


def test_what_is_still_to_come_is_told(filled, example) -> None:
    case = example(regions=2, lasting="told")
    refresh = Refresh(filled(case), case.week)
    (view,) = views(refresh)
    assert view.reading.startswith("Of all that it brings, 48 % (33 % to 62 %) comes in later")
    assert "4,000 orders (1,500 to 7,000) are still to come from what tv did" in view.reading
    assert "2.1 (1.5 to 2.9) with what comes later" in view.reading
    bars = {trace["name"]: trace["x"].tolist() for trace in view.figure["data"]}
    assert bars == {
        "At once: carryover": [10000.0, 5000.0],
        "Later, and came already": [5000.0, 2500.0],
        "Still to come": [4000.0, 2000.0],
    }
    weekly, waterfall, share = decomposition.views(refresh)
    assert weekly.figure["data"][1]["name"] == "Left by earlier media"
    assert "Left by earlier media" in waterfall.figure["data"][0]["y"]
    assert "tv" in share.reading


def test_a_table_that_cannot_tell_says_so(filled, example) -> None:
    case = example(regions=2, lasting="untold")
    (view,) = views(Refresh(filled(case), case.week))
    assert "cannot tell what search and tv leave behind" in view.reading
    assert view.figure is None
    assert view.listing["What the data say"].str.contains("24 %").all()
    case = example(regions=2)
    assert views(Refresh(filled(case), case.week)) == ()


@pytest.mark.browser
def test_it_fits_a_desk_and_a_telephone(filled, example, open_report) -> None:
    for lasting, width in (("told", 390), ("untold", 1440)):
        case = example(regions=2, lasting=lasting)
        opened = open_report(build_report(filled(case), case.week), width)
        shown = opened.page.locator("#channels-long-term")
        shown.scroll_into_view_if_needed()
        box = shown.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
        assert not opened.faults
