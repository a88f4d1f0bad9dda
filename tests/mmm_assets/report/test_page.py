"""The drawn page of an ordinary refresh: everything there, nothing from elsewhere, numbers true."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from mmm_assets.mart import numbers
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


def test_a_choice_has_its_own_reading(report):
    reading = report.page.locator("#channels-response .reading")
    first = reading.inner_text()
    assert reading.get_attribute("aria-live") == "polite"
    report.page.select_option('select[data-view="channels-response"]', label="radio")
    assert "radio" in reading.inner_text() != first
    assert "radio" in report.page.locator("#channels-adstock .reading").inner_text()
    report.page.select_option('select[data-view="channels-response"]', index=0)
    assert reading.inner_text() == first


def test_the_keyboard_reaches_what_a_mouse_does(report):
    page = report.page
    page.evaluate("window.scrollTo(0, 0)")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    unreachable = page.evaluate(
        """[...document.querySelectorAll('.top a, select, summary, #scheme')].filter(element => {
            element.focus(); return document.activeElement !== element }).length"""
    )
    assert unreachable == 0
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3')].map(heading => Number(heading.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert max(later - earlier for earlier, later in pairwise(levels)) == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(report, scheme):
    page = report.page
    if page.locator("html").get_attribute("data-scheme") != scheme:
        page.click("#scheme")
    ratios = page.evaluate(
        """() => {
            const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
                .map(part => part / 255)
                .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = (element) => {
                for (let at = element; at; at = at.parentElement) {
                    const colour = getComputedStyle(at).backgroundColor;
                    if (!/, 0\\)$|transparent/.test(colour)) return colour;
                }
                return 'rgb(255, 255, 255)';
            };
            const seen = 'h1,h2,h3,p,.value,.top a,button,summary,footer,td,th';
            return [...document.querySelectorAll(seen)].map(element => {
                const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
                return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            });
        }"""
    )
    assert min(ratios) >= 4.5
    if scheme == "dark":
        page.click("#scheme")


def test_each_view_has_heading_reading_label_and_query(report):
    incomplete = report.page.evaluate(
        """[...document.querySelectorAll('.view')].filter(view => {
            const chart = view.querySelector('.chart');
            const text = (selector) => view.querySelector(selector)?.textContent.trim();
            const shown = chart || view.querySelector('.listing');
            return !text('h3') || !text('.reading') || shown && !text('details pre') || chart && !(
              document.getElementById(chart.getAttribute('aria-labelledby')));
        }).map(view => view.id)"""
    )
    assert incomplete == []


def test_each_section_opens_with_what_was_found(report):
    said = report.page.evaluate(
        """[...document.querySelectorAll('section')].filter(section => {
            const lead = section.querySelector('.lead').textContent;
            const found = [...section.querySelectorAll('.reading')].map(p => p.textContent);
            return section.id !== 'summary' && !found.some(reading => lead.endsWith(reading));
        }).map(section => section.id)"""
    )
    assert said == []


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


def test_tables_show_what_the_warehouse_holds(report, connection):
    """Each number of each row of every view's table, but for those worked out from others."""
    report.page.evaluate(
        "document.querySelectorAll('details[data-view]').forEach(d => { d.open = true })"
    )
    report.page.wait_for_function(
        "[...document.querySelectorAll('details .table')].every(t => t.querySelector('table'))"
    )
    tables = report.page.evaluate(
        """[...document.querySelectorAll('details[data-view]')].map(details => ({
            view: details.dataset.view, workedOut: !!details.querySelector('.table + p'),
            sql: details.querySelector('pre').textContent,
            heads: [...details.querySelectorAll('th')].map(cell => cell.textContent),
            rows: [...details.querySelectorAll('tbody tr')].map(
                row => [...row.cells].map(cell => cell.textContent))}))"""
    )
    report.page.evaluate(
        "document.querySelectorAll('details[data-view]').forEach(d => { d.open = false })"
    )
    compared = set()
    for table in tables:
        if table["workedOut"]:
            continue
        expected = connection.execute(table["sql"]).df().head(300)
        assert table["heads"] == list(expected.columns), table["view"]
        assert len(table["rows"]) == len(expected), table["view"]
        for place, name in enumerate(expected.columns):
            if expected[name].dtype.kind == "f":
                shown = [row[place].replace(",", "") for row in table["rows"]]
                numbers = [float(text) if text else float("nan") for text in shown]
                assert numbers == pytest.approx(expected[name].tolist(), rel=1e-5, nan_ok=True), (
                    table["view"], name,
                )  # fmt: skip
                compared.add(table["view"])
    assert len(compared) >= 40


def test_a_table_is_sorted_and_saved(report):
    details = report.page.locator("#channels-roi details")
    details.evaluate("element => { element.open = true }")
    head = details.locator("th", has_text="channel")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    names = details.locator("tbody tr td:first-child").all_inner_texts()
    assert names == sorted(names)
    with report.page.expect_download() as download:
        details.get_by_text("Save as CSV").click()
    saved = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert saved[0].startswith("channel,spend,contribution,roi")
    assert [line.split(",")[0] for line in saved[1:]] == names


def test_every_query_on_the_page_runs_as_it_is_shown(report, connection):
    for sql in dict.fromkeys(report.page.locator("details pre").all_text_contents()):
        assert "$" not in sql
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
        for view in (
            "graph-network",
            "graph-weekly",
            "graph-tests",
            "graph-methods",
            "graph-controls",
        )
    }
    source, target = example().channels[:2]
    assert "R²-sortability" in reading["graph-network"]
    assert "learned by a search over orders" in reading["graph-methods"]
    assert "all methods use 0" in reading["graph-methods"]
    assert f"Of what {source} brings" in reading["graph-weekly"]
    assert f"Without {source} → {target}" in reading["graph-tests"]
    control = example().controls[0]
    assert f"{control} follows media ({source} → {control}" in reading["graph-controls"]
    assert "Left out of the response" in reading["graph-controls"]
    # Two refreshes of the same graph.
    history = report.page.locator("#graph-history .reading").inner_text()
    shared, _, total = history.partition(" of ")
    assert shared == total.split()[0]


def test_previous_refresh_is_compared(report, connection, example):
    week = example().week
    view = report.page.locator("#summary-since")
    assert words.day(week - PREVIOUS) in view.locator(".reading").inner_text()
    share = view.locator(".listing tbody tr", has_text="share of").locator("td").all_inner_texts()
    expected = connection.execute(
        "SELECT sum(share) FROM mart.channel_summary GROUP BY refresh_week ORDER BY refresh_week"
    ).fetchall()
    assert share == [words.percent(row[0]) for row in expected]


def test_what_speaks_for_it_is_listed(report):
    rows = report.page.locator("#summary-trust .listing tbody tr")
    listed = dict(zip(rows.locator("th").all_inner_texts(),
                      rows.locator("td:last-child").all_inner_texts(), strict=True))  # fmt: skip
    assert "well" in listed["90 % intervals"]
    assert "look" in listed["Checks of the input"]  # the invented refresh breaks one
    assert "well" in listed["Gates before publication"]


def test_the_scheme_can_be_changed(report):
    before = report.data("summary-channels")[0]["marker"]["color"]
    report.page.click("#scheme")
    assert report.page.locator("html").get_attribute("data-scheme") == "dark"
    assert report.data("summary-channels")[0]["marker"]["color"] != before
    report.page.click("#scheme")
    assert report.data("summary-channels")[0]["marker"]["color"] == before


def test_refreshes_are_followed_over_time(open_report, filled, example):
    last = example(regions=2, weeks=60, channels=("tv", "search"))
    weeks = [last.week - timedelta(days=7 * n) for n in (3, 2, 1, 0)]
    cases = [replace(last, week=week, seed=n) for n, week in enumerate(weeks)]
    connection = filled(*cases)
    connection.execute(
        "UPDATE mart.refreshes SET status = 'held' WHERE refresh_week = ?", weeks[:1]
    )
    connection.execute(
        "UPDATE mart.predictions SET actual = 0 WHERE refresh_week = ? AND region = 'Region 01'"
        " AND week = ?",
        [last.week, last.week - timedelta(days=70)],
    )
    opened = open_report(build_report(connection, last.week))
    opened.page.locator("#chart-summary-history").scroll_into_view_if_needed()
    opened.page.locator("#chart-summary-history[data-drawn]").wait_for()
    lines = {trace["name"]: trace for trace in opened.data("summary-history")}
    expected = connection.execute(
        "SELECT roi FROM mart.channel_summary WHERE channel = 'tv' AND refresh_week > ?"
        " ORDER BY refresh_week",
        weeks[:1],
    ).fetchall()
    assert lines["tv"]["y"] == pytest.approx([row[0] for row in expected], rel=1e-3)
    assert "restated" in opened.page.locator("#summary-since .reading").inner_text()
    assert opened.faults == []


def test_narrow_screens_do_not_scroll_sideways(open_report, html):
    opened = open_report(html, width=390, scheme="dark")
    opened.draw_all()
    assert opened.page.locator("html").get_attribute("data-scheme") == "dark"
    for width in (390, 820):
        opened.page.set_viewport_size({"width": width, "height": 900})
        chart = opened.page.locator(f"#chart-summary-channels[data-width='{_inner(opened)}']")
        chart.wait_for()  # drawn anew for the width it has
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.faults == []


def _inner(opened) -> int:
    return opened.page.evaluate("document.getElementById('chart-summary-channels').clientWidth")


def test_printing_draws_everything_on_white(open_report, html):
    opened = open_report(html, scheme="dark")
    pdf = opened.page.pdf(prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type /Page\n", pdf))
    assert 10 <= pages <= 26  # two columns: half as many as views
    assert b"/MediaBox [0 0 594.9" in pdf  # A4
    assert opened.page.locator(".chart[data-drawn]").count() >= 40


def test_hover_texts_write_small_numbers_out(filled, example, open_report):
    connection = filled(example())
    connection.execute(
        "UPDATE mart.optimal_budgets SET current_spend = current_spend / 1e7,"
        " optimal_spend = optimal_spend / 1e7"
    )
    report = open_report(build_report(connection, example().week))
    report.draw_all()
    spent = max(report.data("budgets-channels")[0]["x"])
    assert 0 < spent < 0.1
    said = report.page.evaluate(
        """async () => {
            const chart = document.getElementById("chart-budgets-channels");
            const point = chart.data[0].x.indexOf(Math.max(...chart.data[0].x));
            chart.scrollIntoView();
            Plotly.Fx.hover(chart, [{curveNumber: 0, pointNumber: point}]);
            await new Promise((ready) => setTimeout(ready, 300));
            return chart.querySelector(".hoverlayer").textContent;
        }"""
    )
    assert f"recommended {numbers.number(spent)}" in said
