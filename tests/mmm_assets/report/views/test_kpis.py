"""The page says which channels bring which KPI, what one costs, and what it costs the other."""

from __future__ import annotations

import pytest

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.sections import report_sections
from mmm_assets.report.views import kpi_trade, kpis


def test_a_further_kpi_has_shares_costs_and_a_price(filled, example) -> None:
    case = example(regions=2, further=("new customers",))
    connection = filled(case)
    refresh = Refresh(connection, case.week)
    shares, costs = kpis.views(refresh)
    assert [trace["name"] for trace in shares.figure["data"]] == ["orders", "new customers"]
    assert shares.reading.startswith(("tv brings", "out_of_home brings"))
    assert "of new customers." in shares.reading
    assert sum(shares.figure["data"][1]["x"]) == pytest.approx(1)
    cost = costs.figure["data"][0]["x"]
    assert cost == sorted(cost) and "one costs" in costs.reading
    (trade,) = kpi_trade.views(refresh)
    assert trade.reading == (
        "The same money can bring 40 more new customers a week and 600 fewer orders than the "
        "best budget for orders alone: one more costs 15 orders on average."
    )
    assert [trace["name"] for trace in trade.figure["data"]] == ["Best budgets", "Today"]
    assert "KPIs" in [section.title for section in report_sections(refresh)]


def test_goals_that_agree_are_said_to(filled, example) -> None:
    case = example(regions=2, further=("new customers",))
    connection = filled(case)
    connection.execute("DELETE FROM mart.kpi_frontier WHERE point > 1")
    (trade,) = kpi_trade.views(Refresh(connection, case.week))
    assert trade.is_empty and "nothing is traded" in trade.reading


def test_with_one_kpi_there_is_no_section(filled, example) -> None:
    case = example(regions=2)
    refresh = Refresh(filled(case), case.week)
    assert kpis.views(refresh) == kpi_trade.views(refresh) == ()
