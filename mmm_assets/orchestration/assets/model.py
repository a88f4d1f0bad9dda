"""The fitted model of a refresh: one fit that never saw the held-out weeks, one on all weeks."""

import json
import os
import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd

from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.assets.raw import Refused
from mmm_assets.store.project import Project
from mmm_assets.store.warehouse import replace_week

if TYPE_CHECKING:
    from mmm_model import FittedModel, Training

FITS = ("holdout", "final")

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
    from mmm_model.effects import tables
    from mmm_model.fit.lift_tests import check_tests

    refresh_week = date.fromisoformat(context.partition_key)
    with project.warehouse.work() as connection:
        panel = read_panel(connection, project.config, refresh_week)
        tests = read_lift_tests(connection, project.config, panel)
    try:
        check_tests(tests, panel)
    except ValueError as error:
        raise Refused(f"lift_tests: {error}") from error

    logged = ""

    def report(stage: str, share: float) -> None:
        nonlocal logged
        line = f"{stage}: {round(share * 4) * 25} %"
        if line != logged:
            logged = line
            context.log.info(line)
        if project.progress is not None:
            project.progress(stage, share)

    before = refresh_week - timedelta(weeks=1)
    warm = _published_training(project, before) if project.config.refresh.warm_start else None
    started = time.perf_counter()
    training = train(
        panel,
        project.config.model_settings(),
        project.config.graph_settings(panel.channels + panel.controls),
        progress=report,
        warm_start=warm,
        lift_tests=tests,
    )
    seconds = time.perf_counter() - started
    about = {"seconds": seconds, "started_from": before.isoformat() if warm else None}
    save_training(project, refresh_week, training, about)
    history = tables.training_history(training)
    with project.warehouse.work() as connection:
        replace_week(connection, "training_history", refresh_week, history)

    final = history[(history["fit"] == "final") & (history["term"] == "total")]
    shown = final.iloc[:: max(1, len(final) // 16)]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(history),
            "seconds": seconds,
            "members": training.final.members,
            "loss": metadata.bars([f"step {n}" for n in shown["step"]], shown["loss"].tolist()),
        }
    )


def save_training(
    project: Project, refresh_week: date, training: "Training", about: dict[str, Any]
) -> None:
    """Save both fits in the draft folder of the refresh; publication moves them."""
    folder = project.warehouse.draft_folder(refresh_week)
    folder.mkdir(parents=True, exist_ok=True)
    # The final fit is the last to come and the first to go: with it, the others are there.
    (folder / "final.safetensors").unlink(missing_ok=True)
    (folder / "about.json").write_text(json.dumps(about))
    for name in FITS:
        part = folder / f"{name}.part"
        part.write_bytes(getattr(training, name).to_bytes())
        part.replace(folder / f"{name}.safetensors")


def fits_folder(project: Project, refresh_week: date) -> Path:
    """Folder of the newest fits of a refresh: its draft, else what was published.

    Raises
    ------
    FileNotFoundError
        If ``fitted_model`` was not materialised for this week.
    """
    warehouse = project.warehouse
    for folder in (warehouse.draft_folder(refresh_week), warehouse.model_folder(refresh_week)):
        if (folder / f"{FITS[-1]}.safetensors").exists():
            return folder
    raise FileNotFoundError(
        f"no model is saved for {refresh_week}: materialise fitted_model for that week"
    )


def read_fit(folder: Path, name: str) -> "FittedModel":
    """Read a saved fit, ``holdout`` or ``final``."""
    from mmm_model import FittedModel

    return FittedModel.from_bytes((folder / f"{name}.safetensors").read_bytes())


def about_training(project: Project, refresh_week: date) -> dict[str, Any]:
    """Read what is known of a training: ``seconds``, and the week that it ``started_from``."""
    text = (fits_folder(project, refresh_week) / "about.json").read_text()
    return {"started_from": None, **json.loads(text)}


def _published_training(project: Project, refresh_week: date) -> "Training | None":
    from mmm_model import Training

    folder = project.warehouse.model_folder(refresh_week)
    try:
        holdout, final = (read_fit(folder, name) for name in FITS)
    except FileNotFoundError:
        return None
    return Training(holdout, final, pd.DataFrame())
