"""The fitted model of a refresh: one fit that never saw the held-out weeks, one on all weeks."""

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pandas as pd

from mmm_assets.comparison.changes_of_refresh import kept_configuration
from mmm_assets.inputs.fits import further_panels_of, panel_of
from mmm_assets.inputs.knowledge import recorded
from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_table import FURTHER, further_fingerprint, panel_fingerprint
from mmm_assets.orchestration import metadata, week_order
from mmm_assets.orchestration.assets.raw import CHECKS, Refused
from mmm_assets.store.errors import UnusableModel
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.project import Progress, Project
from mmm_assets.store.published_weeks import is_published
from mmm_assets.store.saved_fits import published_models, save_training

if TYPE_CHECKING:
    from mmm_model import Panel, Training
    from mmm_model.fit.lift_tests import LiftTest

# Read when torch loads: threads that wait for each other must not keep a shared machine busy.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@dg.asset(
    deps=["panel"],
    group_name="model",
    kinds={"pytorch"},
    description="GRU + DAG + Hill ensemble, fitted twice: without the last weeks, to be judged "
    "on them, and on all weeks, for the published estimates.",
    metadata=metadata.definition_metadata("training_history"),
)
def fitted_model(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Train on the panel of a refresh week and save both fits."""
    from mmm_model import train
    from mmm_model.fit.further_kpis import train_further

    config, refresh_week = project.config, date.fromisoformat(context.partition_key)
    panel = panel_of(project, refresh_week)
    others = further_panels_of(project, refresh_week)
    tests, known = _lift_tests(project, panel)
    before = refresh_week - timedelta(weeks=1)
    if config.refresh.warm_start:
        week_order.wait_for_earlier_weeks(project, context.run, refresh_week)
    warm = _start(project, before, context.log.warning) if config.refresh.warm_start else None
    settings = config.model_settings()
    if tests and settings.estimator == "end_to_end":
        context.log.warning(
            "lift tests change nothing under 'model.preset: paper', whose loss has no term for "
            "them; they are compared with what it says. The default preset learns from them"
        )
    started = time.perf_counter()
    graph, progress = config.graph_settings(panel.nodes), _listener(project, context.log.info)
    training = train(panel, settings, graph, progress, warm_start=warm, lift_tests=tests)
    further = [
        train_further(name, own, training, settings, graph, progress)
        for name, own in others.items()
    ]
    seconds = time.perf_counter() - started
    about = {
        "seconds": seconds,
        "started_from": before.isoformat() if warm else None,
        "configuration": kept_configuration(config),
    }
    made_from = {"panel": panel_fingerprint(panel), CHECKS: known}
    if others:
        made_from[FURTHER] = further_fingerprint(others)
    save_training(project, refresh_week, training, panel, about, made_from, further)
    history = training.history
    with project.warehouse.work() as connection:
        replace_week(connection, "training_history", refresh_week, history)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(history),
            "seconds": seconds,
            "members": training.final.members,
            "further_kpis": ", ".join(others) or "none",
            "loss": _losses(history),
        }
    )


def _start(project: Project, week: date, warn: Callable[[str], None]) -> "Training | None":
    """The published fits of a week; none, so that training starts cold, where they are no use."""
    if not is_published(project.warehouse, week):
        return None
    try:
        return published_models(project, week).training()
    except UnusableModel as error:
        warn(f"training starts cold: {error}")
        return None


def _lift_tests(project: Project, panel: "Panel") -> "tuple[list[LiftTest], str]":
    """Read the tests of a panel, and when they were known; refuse what says nothing of it."""
    from mmm_model.fit.experiments import check_tests

    with project.warehouse.work() as connection:
        tests = read_lift_tests(connection, project.config, panel)
        checked = recorded(connection, panel.weeks[-1].date())
    try:
        check_tests(tests, panel)
    except ValueError as error:
        raise Refused(f"lift_tests: {error}") from error
    return tests, checked[1].name if checked else ""


def _listener(project: Project, log: Callable[[str], None]) -> Progress:
    """Make what training tells its progress to: each quarter of a stage is logged once."""
    logged = ""

    def report(stage: str, share: float) -> None:
        nonlocal logged
        line = f"{stage}: {round(share * 4) * 25} %"
        if line != logged:
            logged = line
            log(line)
        if project.progress is not None:
            project.progress(stage, share)

    return report


def _losses(history: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """The total loss of the final fit at some sixteen steps."""
    final = history[(history["fit"] == "final") & (history["term"] == "total")]
    shown = final.iloc[:: max(1, len(final) // 16)]
    return metadata.bars([f"step {n}" for n in shown["step"]], shown["loss"].tolist())
