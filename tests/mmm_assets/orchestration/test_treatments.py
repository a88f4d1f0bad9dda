"""A refresh of a project with a price and a calendar publishes what both did."""

import os
from pathlib import Path

import pandas as pd
import pytest

from mmm_assets.config import load_config
from mmm_assets.inputs.fits import Fits
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import WEEKS, run_week, write_tables

if not os.environ.get("CI"):  # there it fails where it lacks
    pytest.importorskip("holidays")


def test_a_price_and_holidays_are_published(tmp_path: Path) -> None:
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    text = file.read_text().replace("columns: [price]}", "columns: [price], kinds: {price: price}}")
    text = text.replace("trust: {monthly: []}", "trust: {monthly: [], weekly: []}")
    text = text.replace("members: 2", "members: 20")  # of two draws an interval says little
    (tmp_path / "events.csv").write_text(
        "day,until,name,region\n2023-05-08,2023-05-21,fair,west\n2024-10-07,2024-10-13,fair,west\n"
    )
    events = "{source: events.csv, day: day, until: until, name: name, region: region}"
    file.write_text(
        f"{text}calendar: {{country: DE, regions: {{west: FR}}, events: {events}}}\n"
        "graph: {enabled: false}\n"
    )
    config = load_config(file)
    outcome = run_week(config, WEEKS[-1].date())
    assert outcome.status == "published", outcome.messages
    with Project(config).warehouse.published() as connection:
        rows = connection.execute(
            "SELECT treatment, part, effect_upper, weeks FROM mart.current_treatments "
            "WHERE kind IN ('price', 'event') OR treatment LIKE 'Easter%' ORDER BY ALL"
        ).fetchall()
        assert [row[:2] for row in rows] == [
            ("Easter Monday", "after"), ("Easter Monday", "before"), ("Easter Monday", "day"),
            ("fair", "after"), ("fair", "before"), ("fair", "day"), ("price", None),
        ]  # fmt: skip
        assert rows[-1][2] < 0  # it sells less when it is dearer: that is how it was made
        apart = connection.execute(
            "SELECT max(abs(p.predicted - c.sum)) FROM mart.current_predictions AS p JOIN ("
            "  SELECT region, week, sum(contribution) AS sum FROM mart.current_contributions"
            "  GROUP BY ALL) AS c USING (region, week) WHERE split = 'train'"
        ).fetchone()
        assert apart[0] < 1e-6
    panel = Fits(Project(config), WEEKS[-1].date(), published=True).panel
    fair = [one.key for one in panel.treatments].index(("fair", "day"))
    weeks = pd.date_range(WEEKS[-1], periods=60, freq="7D")[1:]
    there = panel.ahead[:, : len(weeks), fair].any(axis=0)
    assert weeks[there].tolist() == [pd.Timestamp("2024-10-07")]  # plans know of it
    page = next(config.reports_folder.glob("*/index.html")).read_text()
    assert "What promotions and prices did" in page and "What holidays and events did" in page
