"""Plans of record in the dashboard: what is said of them, and that the page draws them."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from mmm_assets.report import build_report
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.sections import QUESTIONS
from mmm_assets.report.views.plans import tiles
from mmm_assets.report.workbook import build_workbook
from tests.mmm_assets.report.invented_plans import LONG, OVER


@pytest.fixture(scope="module")
def read(filled, example):
    case = example(plans=True, regions=4)
    refresh = Refresh(filled(case), case.week)
    section = next(q for q in QUESTIONS if q.title == "Plans").section(refresh)
    return {view.id: view for view in section.views}


def said(view) -> str:
    return view.reading.replace("\u00a0", " ")


def test_what_runs_comes_first_and_says_how_it_stands(read) -> None:
    track = read["plans-track"]
    assert [choice.label for choice in track.choices] == ["Q4 plan", "Q3 plan"]
    assert said(track).startswith(f"Q4 plan is running, {OVER} of {LONG} weeks over")
    assert "(+1.2 %, inside the promised 90 % interval" in said(track)
    ended = track.choices[1]
    assert "outside the promised" in ended.reading and not ended.traces[4]["y"]


def test_the_largest_causes_are_named_with_their_way(read) -> None:
    up, down = read["plans-causes"].choices
    assert "mostly because media worked better than assumed" in up.reading
    assert "less than promised, mostly because media worked less than assumed" in down.reading


def test_moves_begin_at_the_plan_and_all_plans_are_scored(read) -> None:
    moves = read["plans-moves"].listing.set_index("Channel")
    assert moves.loc["tv", "Move"].startswith("+")
    assert said(read["plans-scorecard"]).startswith("Of 2 plans that began, 1 brought a KPI inside")


def test_the_headline_and_the_workbook_hold_them_too(filled, example) -> None:
    case = example(plans=True, regions=4)
    connection = filled(case)
    [tile] = tiles(Refresh(connection, case.week))
    assert (tile.title, tile.value.replace("\u00a0", " ")) == ("Q4 plan so far", "+1.2 %")
    book = openpyxl.load_workbook(BytesIO(build_workbook(connection, case.week)))
    cells = [cell.value for row in book["Plans"].iter_rows() for cell in row]
    assert {"Q4 plan", "Q3 plan", "Media cost", "All causes", "tv"} <= set(cells)


def test_one_choice_of_a_plan_serves_all_its_views(open_report, filled, example) -> None:
    case = example(plans=True, regions=4)
    report = open_report(build_report(filled(case), case.week), width=390)
    report.page.locator("#plans-track").scroll_into_view_if_needed()
    report.page.locator("#plans-track select").select_option("Q3 plan")
    report.draw_all()
    assert len(report.data("plans-track")[3]["x"]) == LONG
    assert all(bar <= 0 for bar in report.data("plans-causes")[0]["x"][:2])
    assert report.page.locator("#plans-causes").inner_text().count("less than promised")
    assert not report.faults


def test_without_plans_there_is_no_section(filled, example) -> None:
    case = example(regions=4)
    refresh = Refresh(filled(case), case.week)
    section = next(q for q in QUESTIONS if q.title == "Plans").section(refresh)
    assert section is None
