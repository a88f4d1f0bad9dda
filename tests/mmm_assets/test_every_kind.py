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
    "budget": {"by_region": False, "scenarios": {"same": 1}},
}
_FEW_DRAWS = {"chains": 1, "warmup": 10, "draws": 20, "members": 10, "holdout_weeks": 4}


@pytest.fixture(scope="module")
def folder(built_once: Callable[..., Path]) -> Path:
    """The example's project, refreshed for its last week."""

    def build(folder: Path) -> None:
        script = [sys.executable, str(EXAMPLE / "make_tables.py"), str(folder)]
        subprocess.run(script, check=True, cwd=EXAMPLE.parents[1])
        content = yaml.safe_load((EXAMPLE / "mmm.yaml").read_text()) | _SHORT
        content["model"] |= _FEW_DRAWS
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


def test_the_dashboard_shows_them_in_dollars(folder: Path) -> None:
    page = (folder / "reports" / str(WEEK) / "index.html").read_text()
    for view in ("treatments-decided", "treatments-calendar", "channels-campaigns"):
        assert f'id="{view}"' in page
    assert 'id="channels-frequency"' in page
    assert "value per $ spent" in page
    assert "newsletter has no spend, so it has no return." in page
    assert "online_video is given as people reached" in page
