"""A refresh of a project with brand searches and a survey publishes what media do through them."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.fits import Fits
from mmm_assets.store.project import Project
from mmm_assets.store.saved_panel import panel_from_bytes, panel_to_bytes
from tests.mmm_assets.tiny_project import WEEKS, run_week, write_tables

MEDIATORS = """
  mediators: {source: brand.csv, week: week, region: region, columns: [brand_searches, awareness],
              asked: {awareness: people}, drivers: {awareness: [tv]}}
"""
EVERY = 4


def write_brand(folder: Path) -> None:
    """Searches that television creates a third of, and a survey of every fourth week."""
    rng = np.random.default_rng(1)
    media = pd.read_csv(folder / "media.csv")
    tv = media[media["channel"] == "tv"].set_index(["week", "region"])["impressions"]
    rows = tv.rename("tv").reset_index()
    rows["tv"] /= rows.groupby("region")["tv"].transform("mean")
    rows["brand_searches"] = (1000 + 500 * rows["tv"] + rng.normal(0, 40, len(rows))).round()
    waves = rows["week"].isin([str(week.date()) for week in WEEKS[::EVERY]])
    rows["people"] = np.where(waves, 400, None)
    share = rng.binomial(400, 0.3 + 0.03 * rows["tv"]) / 400
    rows["awareness"] = np.where(waves, (100 * share).round(1), None)
    rows.drop(columns="tv").to_csv(folder / "brand.csv", index=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectConfig:
    folder = tmp_path_factory.mktemp("mediators")
    write_tables(folder)
    write_brand(folder)
    file = folder / "mmm.yaml"
    text = file.read_text().replace("trust: {monthly: []}", "trust: {monthly: [], weekly: []}")
    text = re.sub("  lift_tests:.*\n", "", text)
    text = text.replace("columns: [price]}\n", f"columns: [price]}}{MEDIATORS}")
    file.write_text(f"{text}graph: {{enabled: false}}\n")
    config = load_config(file)
    outcome = run_week(config, WEEKS[-1].date())
    assert outcome.status == "published", outcome.messages
    return config


def test_what_media_create_is_published(project: ProjectConfig) -> None:
    with Project(project).warehouse.published() as connection:
        shares = connection.execute(
            "SELECT mediator, kind, channel, created_share, contribution, weeks "
            "FROM mart.current_mediators"
        ).df()
        weeks = connection.execute("FROM mart.current_mediator_weeks").df()
        summary = connection.execute("FROM mart.current_channel_summary").df()
        apart = connection.execute(
            "SELECT max(abs(p.predicted - c.sum)) FROM mart.current_predictions AS p JOIN ("
            "  SELECT region, week, sum(contribution) AS sum FROM mart.current_contributions"
            "  GROUP BY ALL) AS c USING (region, week) WHERE split = 'train'"
        ).fetchone()
    assert apart[0] < 1e-6
    search, survey = shares[shares["mediator"] == "brand_searches"], shares[shares["weeks"] == 80]
    by_channel = search.dropna(subset="channel").set_index("channel")["created_share"]
    assert by_channel.idxmax() == "tv" and 0.2 < by_channel["tv"] < 0.45
    assert set(survey["kind"]) == {"survey"}
    assert set(survey["channel"].dropna()) == {"tv"}  # as the configuration says
    np.testing.assert_allclose(
        summary["direct_alone"] + summary["mediated"] + summary["mediated_unpaid"],
        summary["contribution"],
    )
    through = shares.dropna(subset="channel").groupby("channel")["contribution"].sum()
    np.testing.assert_allclose(
        summary.set_index("channel")["mediated_unpaid"].sort_index(), through.sort_index()
    )
    between = weeks[(weeks["mediator"] == "awareness") & weeks["value"].isna()]
    assert len(between) == 4 * 60
    assert (between["lower"] < between["upper"]).all() and between["expected"].between(0, 1).all()


def test_the_saved_panel_and_fit_hold_the_mediators(project: ProjectConfig) -> None:
    fits = Fits(Project(project), WEEKS[-1].date(), published=True)
    again = panel_from_bytes(panel_to_bytes(fits.panel))
    assert again.mediators is not None and fits.panel.mediators is not None
    assert again.mediators.nodes == fits.panel.mediators.nodes
    np.testing.assert_array_equal(again.mediators.value, fits.panel.mediators.value)
    assert [one.node.name for one in fits.final.mediators] == ["brand_searches", "awareness"]
    assert fits.final.mediators[1].sources == ("tv",)
