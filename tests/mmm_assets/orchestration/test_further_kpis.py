"""A refresh of a project with two KPIs publishes both, and the main one as if it were alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.fits import Fits
from mmm_assets.mart.kpis import KPI_TABLES, TABLE_OF_EVERY_KPI
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes
from mmm_assets.store.saved_fits import MODEL_FILES
from tests.mmm_assets.tiny_project import run_week, write_two_kpis

WEEK = date(2023, 10, 30)
_OLD_QUERY = "SELECT sum(contribution), count(*) FROM mart.contributions"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> ProjectConfig:
    """The same project without the second KPI."""
    folder: Path = tmp_path_factory.mktemp("alone")
    write_two_kpis(folder)
    file = folder / "mmm.yaml"
    file.write_text(file.read_text().replace(", more: {new_customers: {value_per_kpi: 80}}", ""))
    config = load_config(file)
    outcome = run_week(config, WEEK)
    assert outcome.status == "published", outcome.messages
    return config


def test_both_are_published_and_an_old_query_has_its_old_answer(two_kpis, alone) -> None:
    with Project(two_kpis).warehouse.published() as connection:
        both = connection.execute(_OLD_QUERY).fetchall()
        rows = connection.execute(
            "SELECT kpi, is_main, count(*), sum(contribution) FROM mart.current_kpi_contributions "
            "GROUP BY ALL ORDER BY is_main DESC"
        ).fetchall()
        assert [row[:3] for row in rows] == [
            ("sales", True, both[0][1]), ("new_customers", False, both[0][1])
        ]  # fmt: skip
        assert rows[0][3] == pytest.approx(both[0][0], rel=1e-12)
        assert 0 < rows[1][3] < rows[0][3]
        twins = set(TABLE_OF_EVERY_KPI.values())
        filled = {
            name
            for name in twins
            if connection.execute(f"FROM mart.{name} WHERE NOT is_main").fetchone()
        }
        assert filled == twins - {"kpi_treatments"}
        apart = connection.execute(
            "SELECT max(abs(p.predicted - c.sum)) FROM mart.kpi_predictions AS p JOIN ("
            "  SELECT kpi, region, week, sum(contribution) AS sum FROM mart.kpi_contributions"
            "  GROUP BY ALL) AS c USING (kpi, region, week) WHERE split = 'train'"
        ).fetchone()
        assert apart[0] < 1e-6
    with Project(alone).warehouse.published() as connection:
        assert connection.execute(_OLD_QUERY).fetchall() == both
        for table in KPI_TABLES:
            assert connection.execute(f"FROM mart.{table.name}").fetchall() == []


def test_the_saved_fits_of_both_are_read_again(two_kpis, alone) -> None:
    hashes = refreshes(Project(two_kpis).warehouse)[WEEK].model_hashes
    assert set(hashes) == set(MODEL_FILES)
    fits = Fits(Project(two_kpis), WEEK, published=True)
    main, second = fits.every_kpi.values()
    assert list(fits.every_kpi) == ["sales", "new_customers"]
    assert second.panel.kpi.mean() < 0.1 * main.panel.kpi.mean()
    assert (second.panel.value_per_kpi == 80).all()
    assert second.final.channels == main.final.channels
    assert (
        second.effects.response.contribution().shape == main.effects.response.contribution().shape
    )
    only = Fits(Project(alone), WEEK, published=True)
    assert only.further == ()
    assert only.final.to_bytes() == main.final.to_bytes()
