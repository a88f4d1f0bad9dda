"""The drawn page of an ordinary refresh: everything there, nothing from elsewhere, numbers true."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from mmm_assets.report import build_report, words

pytestmark = pytest.mark.browser
PREVIOUS = timedelta(days=7)


@pytest.fixture(scope="module")
def connection(filled, example):
    week = example().week
    return filled(example(week=week - PREVIOUS, seed=1), example())


@pytest.fixture(scope="module")
def html(connection, example):
    return build_report(connection, example().week)


@pytest.fixture(scope="module")
def report(open_report, html):
    opened = open_report(html)
    opened.drawn_at_first = opened.page.locator(".chart[data-drawn]").count()
    opened.drawn = opened.draw_all()
    return opened


def test_every_view_is_drawn_and_none_is_missing(report):
    charts = report.page.locator(".chart")
    assert report.drawn == charts.count() >= 40
    empty = report.page.evaluate(
        "[...document.querySelectorAll('.chart')].filter(c => !c.querySelector('.main-svg"
        " .trace, .main-svg .hm, .main-svg .slice')).map(c => c.id)"
    )
    assert empty == []


def test_charts_below_the_fold_wait(report):
    assert report.drawn_at_first < report.drawn / 2


def test_nothing_goes_wrong_and_nothing_leaves_the_file(report):
    assert report.faults == []
    assert [url for url in report.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len([url for url in report.requests if url.startswith("file:")]) == 1


def test_each_view_has_heading_reading_label_and_query(report):
    incomplete = report.page.evaluate(
        """[...document.querySelectorAll('.view')].filter(view => {
            const chart = view.querySelector('.chart');
            const text = (selector) => view.querySelector(selector)?.textContent.trim();
            return !text('h3') || !text('.reading') || chart && !(text('details pre')
              && document.getElementById(chart.getAttribute('aria-labelledby')));
        }).map(view => view.id)"""
    )
    assert incomplete == []


def test_no_reading_says_nan(report):
    text = report.page.locator("main").inner_text()
    assert not re.search(r"\b(nan|NaN|None|undefined|NaT)\b", text)


def test_choosing_a_region_redraws_both_views_with_its_numbers(report, connection, example):
    region = "Region 03"
    report.page.select_option('select[data-view="fit-weekly"]', label=region)
    rows = connection.execute(
        "SELECT actual, predicted FROM mart.predictions WHERE refresh_week = ? AND region = ?"
        " AND (split = 'holdout' OR week < (SELECT min(week) FROM mart.predictions"
        " WHERE split = 'holdout' AND refresh_week = ?)) ORDER BY week",
        [example().week, region, example().week],
    ).df()
    drawn = {trace["name"]: trace for trace in report.data("fit-weekly")}
    assert drawn["Actual"]["y"] == pytest.approx(rows["actual"].tolist(), rel=1e-3)
    assert drawn["Predicted"]["y"] == pytest.approx(rows["predicted"].tolist(), rel=1e-3)
    residual = (rows["actual"] - rows["predicted"]).tolist()
    assert report.data("fit-residuals")[0]["y"] == pytest.approx(residual, rel=1e-2)
    report.page.select_option('select[data-view="fit-weekly"]', label="All regions")


@pytest.mark.parametrize(
    ("view", "column"),
    [("channels-roi", "roi"), ("summary-channels", "contribution"), ("budgets-channels", "lower")],
)
def test_tables_show_what_the_warehouse_holds(report, connection, view, column):
    details = report.page.locator(f"#{view} details")
    details.evaluate("element => { element.open = true }")
    details.locator("tbody tr").first.wait_for()
    sql = details.locator("pre").inner_text()
    expected = connection.execute(sql).df()
    heads = details.locator("th").all_inner_texts()
    assert heads == list(expected.columns)
    lines = details.locator("tbody tr").all()
    shown = [line.locator("td").nth(heads.index(column)).inner_text() for line in lines]
    assert [float(x.replace(",", "")) for x in shown] == pytest.approx(
        expected[column].tolist(), rel=1e-5
    )


def test_every_query_on_the_page_runs_as_it_is_shown(report, connection):
    for sql in dict.fromkeys(report.page.locator("details pre").all_text_contents()):
        if "$regions" not in sql:
            connection.execute(sql).fetchall()


def test_tiles_and_bars_agree_with_the_tables(report, connection, example):
    week = example().week
    direct, share = connection.execute(
        "SELECT sum(direct), sum(share) FROM mart.channel_summary WHERE refresh_week = ?", [week]
    ).fetchone()
    tile = report.page.locator(".tile").first.inner_text()
    assert words.number(direct) in tile
    assert words.percent(share) in tile
    rows = connection.execute(
        "SELECT channel, roi FROM mart.channel_summary WHERE refresh_week = ?", [week]
    ).fetchall()
    bars = report.data("channels-roi")[0]
    assert dict(zip(bars["y"], bars["x"], strict=True)) == pytest.approx(dict(rows), rel=1e-3)


def test_a_channel_keeps_its_colour_in_every_view(report):
    def colours(view):
        bars = report.data(view)[0]
        return dict(zip(bars["y"], bars["marker"]["color"], strict=True))

    first = colours("summary-channels")
    assert len(set(first.values())) == len(first)
    for view in ("channels-roi", "channels-shares", "graph-mediation", "budgets-shift"):
        assert colours(view) == first, view


def test_the_graph_tells_what_follows_from_it(report, example):
    reading = {
        view: report.page.locator(f"#{view} .reading").inner_text()
        for view in ("graph-network", "graph-weekly", "graph-tests", "graph-controls")
    }
    source, target = example().channels[:2]
    assert "R²-sortability" in reading["graph-network"]
    assert f"Of what {source} brings" in reading["graph-weekly"]
    assert f"Without {source} → {target}" in reading["graph-tests"]
    control = example().controls[0]
    assert f"{control} follows media ({source} → {control}" in reading["graph-controls"]
    assert "Left out of the response" in reading["graph-controls"]
    # Two refreshes of the same graph.
    history = report.page.locator("#graph-history .reading").inner_text()
    shared, _, total = history.partition(" of ")
    assert shared == total.split()[0]


def test_previous_refresh_is_compared(report, example):
    reading = report.page.locator("#summary-changes .reading").inner_text()
    assert str(example().week - PREVIOUS) in reading


def test_the_scheme_can_be_changed(report):
    before = report.data("summary-channels")[0]["marker"]["color"]
    report.page.click("#scheme")
    assert report.page.locator("html").get_attribute("data-scheme") == "dark"
    assert report.data("summary-channels")[0]["marker"]["color"] != before
    report.page.click("#scheme")
    assert report.data("summary-channels")[0]["marker"]["color"] == before


@pytest.mark.parametrize("width", [390, 820])
def test_narrow_screens_do_not_scroll_sideways(open_report, html, width):
    narrow = open_report(html, width=width, scheme="dark")
    narrow.draw_all()
    assert narrow.page.evaluate("document.documentElement.scrollWidth") <= width
    assert narrow.page.locator("html").get_attribute("data-scheme") == "dark"
    assert narrow.faults == []


def test_printing_draws_everything_on_white(open_report, html):
    opened = open_report(html, scheme="dark")
    pdf = opened.page.pdf()
    assert pdf.startswith(b"%PDF")
    assert opened.page.locator(".chart[data-drawn]").count() >= 40
