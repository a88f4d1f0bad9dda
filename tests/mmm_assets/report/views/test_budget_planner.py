"""The planner prices a budget in the page as ``mmm plan`` does, and keeps it in the address."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page

from mmm_assets.config import ProjectConfig
from mmm_assets.planning.given_budget import price_budget, saved
from mmm_assets.report import build_report
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import CHANNELS

pytestmark = pytest.mark.browser
NEWEST = date(2024, 7, 8)

SHOWN = """() => Object.fromEntries([...document.querySelectorAll('#budgets-planner [data-out]')]
    .map(box => [box.dataset.out, Object.fromEntries(Object.entries(box.dataset)
    .filter(([key]) => key !== 'out').map(([key, value]) => [key, Number(value)]))]))"""


def set_lever(page: Page, place: int, percent: int) -> None:
    slider = page.locator(f"#lever-{place}")
    slider.fill(str(percent))
    slider.dispatch_event("change")


@pytest.fixture(scope="module")
def of_project(open_report, refreshed: ProjectConfig):
    file = refreshed.reports_folder / str(NEWEST) / "index.html"
    return open_report(file.read_text(encoding="utf-8"))


def test_page_and_command_price_a_budget_alike(
    of_project, refreshed: ProjectConfig, tmp_path: Path
) -> None:
    page = of_project.page
    names = page.locator(".lever label").all_inner_texts()
    assert set(names) == set(CHANNELS)
    set_lever(page, names.index("tv"), 145)
    set_lever(page, names.index(CHANNELS[1]), 40)
    page.select_option("[data-set=region]", label="south")
    set_lever(page, names.index("radio"), 210)
    page.select_option("[data-set=region]", label="All regions")
    shown = page.evaluate(SHOWN)

    with page.expect_download() as download:
        page.click("[data-do=save]")
    file, answer = tmp_path / "plan.csv", tmp_path / "answer.csv"
    download.value.save_as(file)
    code, said = run("plan", "-c", refreshed.path, "--spend-file", file, "--csv", answer)
    assert code == 0, said
    rows = pd.read_csv(answer)
    whole = rows[rows["region"].isna()]
    assert shown["spend"]["mean"] == pytest.approx(whole["optimal_spend"].sum(), rel=1e-6)
    assert shown["kpi"]["mean"] == pytest.approx(whole["optimal_response"].sum(), rel=5e-4)

    totals = price_budget(Project(refreshed), NEWEST, saved(file)).totals()
    for mine, theirs in (("kpi", ("optimal_response", "lower", "upper")),
                         ("today", ("gain", "gain_lower", "gain_upper"))):  # fmt: skip
        found = [shown[mine][end] for end in ("mean", "low", "high")]
        assert found == pytest.approx([totals[name] for name in theirs], rel=1e-3)
    returns = {"mean": totals["roi"], "next": totals["marginal_roi"]}
    assert shown["roi"] == pytest.approx(returns, rel=1e-3)

    # The address carries the plan, whatever its channels are called.
    page.reload()
    page.wait_for_function("document.querySelector('[data-out=kpi]')?.dataset.mean")
    for name, ends in page.evaluate(SHOWN).items():
        assert ends == pytest.approx(shown[name], rel=1e-4)
    assert of_project.faults == []


def test_intervals_of_many_draws_are_quantiles_of_their_sum(filled, example, open_report) -> None:
    connection = filled(example(regions=3, weeks=60))
    page = open_report(build_report(connection, example().week)).page
    multiplier = (40 / 32) ** 2  # a multiple at which shapes are published
    channels = connection.execute(
        "SELECT channel, current_spend FROM mart.optimal_budgets"
        " WHERE region IS NULL AND scenario = 'same_budget'"
    ).fetchall()
    spend = dict(channels)
    words = f"spend=tv={multiplier * spend['tv']}&plan=plus_20"
    page.goto(f"{page.url.split('#')[0]}#what-if?{words}")
    draws = connection.execute(
        """SELECT draw, sum(weight * height) FILTER (multiplier = ?) AS plan,
                  sum(weight * height) FILTER (multiplier = 1) AS now
           FROM mart.response_draws JOIN mart.response_shapes USING (refresh_week, channel, shape)
           WHERE (channel = 'tv' AND multiplier = ?) OR multiplier = 1 GROUP BY draw""",
        [multiplier, multiplier],
    ).df()
    rest = connection.execute(
        """SELECT draw, sum(weight * height) AS rest
           FROM mart.response_draws JOIN mart.response_shapes USING (refresh_week, channel, shape)
           WHERE channel <> 'tv' AND multiplier = 1 GROUP BY draw"""
    ).df()
    draws = draws.merge(rest, on="draw")
    gain = draws["plan"] + draws["rest"] - draws["now"]
    shown = page.evaluate(SHOWN)["today"]
    expected = [gain.mean(), *np.quantile(gain, [0.05, 0.95])]
    assert [shown["mean"], shown["low"], shown["high"]] == pytest.approx(expected, rel=1e-3)


def test_it_is_used_by_keyboard_and_says_what_it_does_not_know(
    filled, example, open_report
) -> None:
    connection = filled(example(regions=2, weeks=60, channels=("tv", "=cmd()", "a@b")))
    opened = open_report(build_report(connection, example().week), width=390)
    page = opened.page
    before = page.evaluate(SHOWN)
    slider = page.locator("#lever-0")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(SHOWN)["kpi"]["mean"] > before["kpi"]["mean"]
    assert slider.get_attribute("aria-valuetext").endswith("+1\u00a0%")
    unnamed = page.evaluate(
        """[...document.querySelectorAll('.planner input, .planner select')]
            .filter(field => !field.labels?.length && !field.ariaLabel).length"""
    )
    assert unnamed == 0
    page.click("[data-do=recommended]")
    assert page.evaluate(SHOWN)["recommended"]["mean"] == 0
    page.goto(f"{page.url.split('#')[0]}#what-if?spend=nothing=5&spend=a@b=1")
    assert "nothing=5" in page.locator(".said").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.faults == []


def test_an_earlier_refresh_has_no_planner(filled, example) -> None:
    connection = filled(example(regions=2, weeks=60))
    connection.execute("DELETE FROM mart.response_draws")
    assert 'id="budgets-planner"' not in build_report(connection, example().week)
