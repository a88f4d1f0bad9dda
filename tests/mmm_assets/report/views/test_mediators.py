"""The page says what media do through what nobody buys, where a project knows any."""

from __future__ import annotations

import pytest

from mmm_assets.report.build import build_report
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views import graph_edges, graph_mediation
from mmm_assets.report.views.mediators import views


def test_each_is_told_in_plain_words(filled, example) -> None:
    case = example(regions=2, unpaid=True)
    earned, weekly = views(Refresh(filled(case), case.week))
    first = case.channels[0]
    assert earned.title == "What media do through brand searches and <b>awareness</b>"
    assert "Media create 40\xa0% (20\xa0% to 60\xa0%) of brand searches" in earned.reading
    assert f"{first} earns most that way: 6,000 orders (3,000 to 9,000)" in earned.reading
    assert len(earned.figure["data"][0]["y"]) == 2 * len(case.channels)
    counted, survey = weekly.choices
    assert counted.reading.startswith("Of all brand searches, 40\xa0% come because media ran")
    assert not counted.traces[4]["visible"] and survey.traces[4]["visible"]
    assert len(survey.traces[4]["x"]) == len(range(0, case.weeks, 4))
    assert f"waves in {case.weeks} weeks" in survey.reading


def test_the_graph_shows_them_as_other_signs(filled, example) -> None:
    case = example(regions=2, unpaid=True)
    refresh = Refresh(filled(case), case.week)
    network = graph_edges.views(refresh)[0]
    discs = network.figure["data"][1]
    signs = dict(zip(discs["text"], discs["marker"]["symbol"], strict=True))
    assert signs["brand searches"] == signs["&lt;b&gt;awareness&lt;/b&gt;"] == "diamond"
    assert "Diamonds" in network.note and "of brand searches" in network.reading
    bars = graph_mediation.views(refresh)[0].figure["data"]
    assert [bar["name"] for bar in bars] == ["Direct", "By what nobody buys", "Through others"]


def test_without_any_there_is_no_view(filled, example) -> None:
    case = example(regions=2)
    assert views(Refresh(filled(case), case.week)) == ()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_the_views_are_drawn(open_report, filled, example, width: int) -> None:
    case = example(regions=2, unpaid=True)
    opened = open_report(build_report(filled(case), case.week), width)
    opened.draw_all()
    assert opened.faults == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    choose = opened.page.locator("#graph-unpaid-weeks select")
    choose.select_option(index=1)
    assert "waves" in opened.page.locator("#graph-unpaid-weeks .reading").inner_text()
    traces = {trace["name"]: trace for trace in opened.data("graph-unpaid-weeks")}
    assert traces["Waves of the survey"]["visible"] is True
