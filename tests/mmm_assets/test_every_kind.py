"""The example that has every kind of thing, refreshed once with short chains."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from mmm_assets.config import load_config
from tests.mmm_assets.tiny_project import run_week

EXAMPLE = Path(__file__).parents[2] / "examples" / "every_kind"
WEEK = date(2026, 2, 16)
_SHORT = {
    "graph": {"enabled": False},
    "trust": {"weekly": [], "monthly": []},
}
_ONE_BUDGET = {"by_region": False, "scenarios": {"same": 1}}
_FEW_DRAWS = {"chains": 1, "warmup": 10, "draws": 20, "members": 10, "holdout_weeks": 4}


@pytest.fixture(scope="module")
def folder(built_once: Callable[..., Path]) -> Path:
    """The example's project, refreshed for its last week."""

    def build(folder: Path) -> None:
        script = [sys.executable, str(EXAMPLE / "make_tables.py"), str(folder)]
        subprocess.run(script, check=True, cwd=EXAMPLE.parents[1])
        content = yaml.safe_load((EXAMPLE / "mmm.yaml").read_text()) | _SHORT
        content["model"] |= _FEW_DRAWS
        content["budget"] |= _ONE_BUDGET
        (folder / "mmm.yaml").write_text(yaml.safe_dump(content))
        outcome = run_week(load_config(folder / "mmm.yaml"), WEEK)
        assert outcome.status == "published", outcome.messages

    return built_once("every_kind", build)


@pytest.fixture(scope="module")
def mart(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "warehouse" / "mmm.duckdb"), read_only=True) as opened:
        yield opened


def test_every_kind_has_an_effect_of_its_own(mart: duckdb.DuckDBPyConnection) -> None:
    kinds = dict(mart.sql("SELECT treatment, kind FROM mart.current_treatments").fetchall())
    assert kinds["discount"] == "promotion"
    assert kinds["shelf_price"] == "price"
    assert kinds["back_to_school"] == kinds["state fair"] == "event"
    assert kinds["Canada Day"] == kinds["Independence Day"] == "holiday"
    found = mart.sql("SELECT DISTINCT kind FROM mart.current_contributions").fetchall()
    assert {"promotion", "price", "event", "holiday", "media"} <= {kind for (kind,) in found}


def test_campaigns_are_their_channel(mart: duckdb.DuckDBPyConnection) -> None:
    count, campaigns = mart.sql(
        "SELECT count(*), sum(contribution) FROM mart.current_campaign_summary"
    ).fetchall()[0]
    (channel,) = mart.sql(
        "SELECT contribution FROM mart.current_channel_summary WHERE channel = 'social'"
    ).fetchall()[0]
    assert count == 5
    assert campaigns == pytest.approx(channel, rel=1e-6)


def test_one_channel_has_a_best_frequency_and_one_costs_nothing(
    mart: duckdb.DuckDBPyConnection,
) -> None:
    best = mart.sql("SELECT channel FROM mart.current_frequency WHERE is_best").fetchall()
    assert best == [("online_video",)]
    free = mart.sql("SELECT channel FROM mart.current_channel_summary WHERE roi IS NULL").fetchall()
    assert free == [("newsletter",)]


def test_a_slow_effect_is_looked_for(mart: duckdb.DuckDBPyConnection) -> None:
    looked = mart.sql("SELECT DISTINCT channel FROM mart.current_long_term").fetchall()
    assert ("tv",) in looked


def test_what_nobody_buys_is_a_part_of_what_channels_bring(
    mart: duckdb.DuckDBPyConnection,
) -> None:
    created = mart.sql(
        "SELECT mediator, kind, channel, weeks, contribution FROM mart.current_mediators "
        "WHERE channel IS NOT NULL"
    ).df()
    by_name = created.groupby("mediator")["channel"].agg(set)
    assert by_name["awareness"] == {"tv", "online_video"}
    assert "tv" in by_name["brand_searches"] and "search" not in by_name["brand_searches"]
    survey = created[created["kind"] == "survey"]
    assert set(survey["mediator"]) == {"awareness"} and set(survey["weeks"]) == {5 * 28}
    summary = mart.sql("FROM mart.current_channel_summary").df().set_index("channel")
    earned = created.groupby("channel")["contribution"].sum()
    for channel, own in earned.items():
        assert summary.loc[channel, "mediated_unpaid"] == pytest.approx(own, rel=1e-6)
    paths = summary["direct_alone"] + summary["mediated_unpaid"] + summary["mediated"]
    assert paths.to_numpy() == pytest.approx(summary["contribution"].to_numpy(), rel=1e-6)


def test_contributions_to_either_kpi_are_its_prediction(mart: duckdb.DuckDBPyConnection) -> None:
    apart = mart.sql(
        "SELECT p.kpi, max(abs(p.predicted - c.total) / p.predicted) "
        "FROM mart.current_kpi_predictions AS p JOIN ("
        "  SELECT kpi, region, week, sum(contribution) AS total"
        "  FROM mart.current_kpi_contributions GROUP BY ALL) AS c USING (kpi, region, week) "
        "WHERE split = 'train' GROUP BY p.kpi"
    ).fetchall()
    assert {kpi for kpi, _ in apart} == {"packs sold", "new households"}
    assert max(share for _, share in apart) < 1e-6
    kinds = mart.sql(
        "SELECT DISTINCT kind FROM mart.current_kpi_treatments WHERE NOT is_main"
    ).fetchall()
    assert {kind for (kind,) in kinds} == {"promotion", "price", "event", "holiday"}


def test_the_best_budget_keeps_new_households(mart: duckdb.DuckDBPyConnection) -> None:
    now, then, floor = mart.sql(
        "SELECT current_response, optimal_response, floor FROM mart.current_kpi_budget_scenarios "
        "WHERE kpi = 'new households'"
    ).fetchall()[0]
    assert floor == pytest.approx(now, rel=1e-9)
    assert then >= floor * (1 - 1e-6)


def test_the_dashboard_shows_them_in_dollars(folder: Path) -> None:
    page = (folder / "reports" / str(WEEK) / "index.html").read_text()
    views = "treatments-decided treatments-calendar channels-campaigns graph-unpaid kpis-trade-0"
    for view in views.split():
        assert f'id="{view}"' in page
    assert 'id="channels-frequency"' in page
    assert "value per $ spent" in page
    assert "newsletter has no spend, so it has no return." in page
    assert "online_video is given as people reached" in page
