"""The fitted model of a refresh: one fit that never saw the held-out weeks, one on all weeks."""

import json
import os
import shutil
import time
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from mmm_assets import metadata
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.project import Project
from mmm_assets.warehouse import replace_week

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
    from mmm_model import tables, train

    refresh_week = date.fromisoformat(context.partition_key)
    with project.warehouse.work() as connection:
        panel = read_panel(connection, project.config, refresh_week)

    logged = ""

    def report(stage: str, share: float) -> None:
        nonlocal logged
        line = f"{stage}: {round(share * 4) * 25} %"
        if line != logged:
            logged = line
            context.log.info(line)
        if project.progress is not None:
            project.progress(stage, share)

    started = time.perf_counter()
    training = train(
        panel,
        project.config.model_settings(),
        project.config.graph_settings(panel.channels + panel.controls),
        progress=report,
    )
    seconds = time.perf_counter() - started
    save_training(project, refresh_week, training, seconds)
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
    project: Project, refresh_week: date, training: "Training", seconds: float
) -> None:
    """Save both fits; the folder appears whole or not at all."""
    folder = project.warehouse.model_folder(refresh_week)
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name in FITS:
        (draft / f"{name}.safetensors").write_bytes(getattr(training, name).to_bytes())
    (draft / "about.json").write_text(json.dumps({"seconds": seconds}))
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def read_fit(project: Project, refresh_week: date, name: str) -> "FittedModel":
    """Read a saved fit, ``holdout`` or ``final``.

    Raises
    ------
    FileNotFoundError
        If ``fitted_model`` was not materialised for this week.
    """
    from mmm_model import FittedModel

    file = project.warehouse.model_folder(refresh_week) / f"{name}.safetensors"
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: materialise fitted_model for {refresh_week}")
    return FittedModel.from_bytes(file.read_bytes())


def training_seconds(project: Project, refresh_week: date) -> float:
    """Seconds that the training of a refresh took."""
    about = project.warehouse.model_folder(refresh_week) / "about.json"
    return float(json.loads(about.read_text())["seconds"])
