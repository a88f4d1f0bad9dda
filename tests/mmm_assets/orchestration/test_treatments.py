"""A refresh of a project with a price and a calendar publishes what both did."""

import os
from pathlib import Path

import pytest

from mmm_assets.config import load_config
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import WEEKS, run_week, write_tables

if not os.environ.get("CI"):  # there it fails where it lacks
    pytest.importorskip("holidays")


def test_a_price_and_holidays_are_published(tmp_path: Path) -> None:
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    text = file.read_text().replace("columns: [price]}", "columns: [price], kinds: {price: price}}")
    text = text.replace("trust: {monthly: []}", "trust: {monthly: [], weekly: []}")
    file.write_text(
        f"{text}calendar: {{country: DE, regions: {{west: FR}}}}\ngraph: {{enabled: false}}\n"
    )
    config = load_config(file)
    outcome = run_week(config, WEEKS[-1].date())
    assert outcome.status == "published", outcome.messages
    with Project(config).warehouse.published() as connection:
        rows = connection.execute(
            "SELECT treatment, part, effect_upper, weeks FROM mart.current_treatments "
            "WHERE kind = 'price' OR treatment LIKE 'Easter%' ORDER BY ALL"
        ).fetchall()
        assert [row[:2] for row in rows] == [
            ("Easter Monday", "after"), ("Easter Monday", "before"), ("Easter Monday", "day"),
            ("price", None),
        ]  # fmt: skip
        assert rows[-1][2] < 0  # it sells less when it is dearer: that is how it was made
        apart = connection.execute(
            "SELECT max(abs(p.predicted - c.sum)) FROM mart.current_predictions AS p JOIN ("
            "  SELECT region, week, sum(contribution) AS sum FROM mart.current_contributions"
            "  GROUP BY ALL) AS c USING (region, week) WHERE split = 'train'"
        ).fetchone()
        assert apart[0] < 1e-6
    page = next(config.reports_folder.glob("*/index.html")).read_text()
    assert "What promotions and prices did" in page and "What holidays and events did" in page
