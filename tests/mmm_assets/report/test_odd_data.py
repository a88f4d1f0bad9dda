"""Hostile names, and refreshes in which something is missing or much too large."""

from __future__ import annotations

import pytest

from mmm_assets.report import build_report

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    'R&D "quoted" %{y}',
    "<!-- <b>bold</b>",
    "@ink",
    "2026-01-05",
)


def _open(open_report, filled, example):
    opened = open_report(build_report(filled(example), example.week))
    opened.drawn = opened.draw_all()
    return opened


def test_names_from_the_data_stay_text(open_report, filled, example):
    case = example(
        channels=HOSTILE,
        controls=("<i>price</i>", "a\u2028b"),
        region_names=("<b>North</b>", "1", "2", "O'Brien & co"),
        regions=4,
    )
    opened = _open(open_report, filled, case)
    assert opened.faults == []
    assert opened.drawn == opened.page.locator(".chart").count()
    main = opened.page.locator("main")
    assert main.locator("img, b, i, script").count() == 0
    for view in ("summary-channels", "channels-adstock", "decomposition-multiples"):
        text = main.locator(f"#{view}").evaluate("element => element.textContent")
        assert HOSTILE[0] in text, view
    for name in HOSTILE[1:3]:
        opened.page.select_option('select[data-view="channels-adstock"]', label=name)
        assert name in main.locator("#channels-adstock .reading").inner_text()
    labels = main.locator("#summary-channels .ytick text").all_text_contents()
    assert {HOSTILE[0], HOSTILE[2], HOSTILE[4]} <= set(labels)


def test_without_spend_shares_stand_for_returns(open_report, filled, example):
    case = example(spend=False, controls=(), edges=False, budgets=False)
    opened = _open(open_report, filled, case)
    assert opened.faults == []
    reading = {
        view: opened.page.locator(f"#{view} .reading").inner_text()
        for view in ("channels-roi", "decomposition-controls", "graph-network", "budgets-channels")
    }
    assert "No return can be given" in reading["channels-roi"]
    assert "no controls" in reading["decomposition-controls"]
    assert "No channel was found to drive another" in reading["graph-network"]
    assert "No budget was optimised" in reading["budgets-channels"]
    assert opened.page.locator("#channels-shares .chart[data-drawn]").count() == 1
    assert opened.drawn >= 24
    assert "ROI" not in opened.page.locator(".tiles").inner_text()


def test_one_region_one_channel_no_holdout(open_report, filled, example):
    case = example(regions=1, channels=("tv",), controls=(), edges=False, holdout=0)
    opened = _open(open_report, filled, case)
    assert opened.faults == []
    assert opened.page.locator("#fit-scatter .reading").inner_text().startswith("No week")
    assert "nothing to drive" in opened.page.locator("#graph-network .reading").inner_text()
    assert opened.page.locator('select[data-view="fit-weekly"]').count() == 0
    assert opened.drawn >= 20


def test_sixty_channels_are_grouped_where_they_could_not_be_told_apart(
    open_report, filled, example
):
    case = example(regions=3, channels=tuple(f"channel {i:02d}" for i in range(60)))
    opened = _open(open_report, filled, case)
    assert opened.faults == []
    names = [trace["name"] for trace in opened.data("decomposition-weekly")]
    assert len(names) == 13
    assert names[-1] == "Other channels"
    assert len(opened.data("channels-shares")[0]["y"]) == 60


def test_five_hundred_regions(open_report, filled, example):
    case = example(regions=500, weeks=30, channels=("tv", "search", "social"))
    html = build_report(filled(case), case.week)
    assert len(html.encode()) < 12e6
    opened = open_report(html)
    assert opened.draw_all() == opened.page.locator(".chart").count()
    assert opened.faults == []
    assert opened.page.locator('select[data-view="fit-weekly"] option').count() == 501


def test_tables_that_are_all_empty_but_for_the_contributions(open_report, filled, example):
    case = example(regions=2)
    connection = filled(case)
    for table in (
        "holdout_metrics", "adstock_curves", "response_curves", "response_curve_parameters",
        "channel_graph", "optimal_budgets", "data_checks", "training_history", "refreshes", "media",
        "effectiveness", "effectiveness_evidence", "restatements",
    ):  # fmt: skip
        connection.execute(f"DELETE FROM mart.{table}")
    opened = open_report(build_report(connection, case.week))
    opened.draw_all()
    assert opened.faults == []
    for view in (
        "channels-adstock", "channels-response", "data-checks", "data-media", "fit-training",
        "channels-effectiveness",
    ):  # fmt: skip
        assert opened.page.locator(f"#{view}.empty .reading").inner_text()
