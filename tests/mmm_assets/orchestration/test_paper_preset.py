"""A refresh under ``model.preset: paper``: every table and the page, from one network."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from mmm_assets.config import load_config
from tests.mmm_assets.tiny_project import CONFIG, run_week, write_tables

WEEK = date(2024, 7, 8)


def test_a_refresh_publishes_every_table_and_the_page(tmp_path: Path) -> None:
    write_tables(tmp_path)
    small = "model: {preset: paper, steps: 40, gru_width: 4}"
    content = CONFIG.replace("model: {chains: 2, warmup: 20, draws: 20}", small)
    (tmp_path / "mmm.yaml").write_text(content + "graph: {required: [[tv, radio]]}\n")
    config = load_config(tmp_path / "mmm.yaml")
    outcome = run_week(config, WEEK)
    assert outcome.status == "published", outcome.messages
    published = str(config.warehouse_folder / "mmm.duckdb")
    with duckdb.connect(published, read_only=True) as connection:

        def query(sql: str) -> pd.DataFrame:
            return connection.execute(sql).df()

        for name in {"channel_summary", "contributions", "adstock_curves", "effectiveness",
                     "response_curves", "response_curve_parameters", "optimal_budgets",
                     "weekly_budgets", "predictions", "holdout_metrics", "lift_tests"}:  # fmt: skip
            assert len(query(f"SELECT 1 FROM mart.{name}")), name
        terms = query("SELECT DISTINCT term FROM mart.training_history")
        assert {"huber", "acyclicity", "l1", "l2", "gradient_norm", "total"} <= set(terms["term"])
        edges = query("SELECT source, target FROM mart.channel_graph WHERE published")
        assert ("tv", "radio") in set(edges.itertuples(index=False, name=None))
        tested = query("SELECT source, target, mediated FROM mart.edge_tests")
        assert ("tv", "radio") in set(zip(tested["source"], tested["target"], strict=True))
    pages = list(config.reports_folder.rglob("*.html"))
    assert any("no posterior" in page.read_text(encoding="utf-8") for page in pages)
