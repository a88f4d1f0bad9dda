"""Three years of weekly refreshes of a real panel: what the files take and what waiting costs.

    python tests/benchmarks/growth.py [--refreshes 156] [--project mmm.yaml]

One refresh of the panel of 190 regions, 109 weeks and 13 channels is fitted (a short one, or that
of ``--project``). Then its rows are written again under one refresh week after the other, and for
each of them its table is delivered anew: the newest 109 weeks by region, the last four restated.
Timed are loading, writing, publishing with models and dashboard, tidying; not checks and fit.
Prints a line at 1, 13, 52, 104 and 156 refreshes and writes benchmarks/growth.json. DATASETS
names the folder of the datasets.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

import duckdb  # noqa: E402
from writing import write  # noqa: E402

from mmm_assets import mart  # noqa: E402
from mmm_assets.config import load_config  # noqa: E402
from mmm_assets.inputs.dry_run import check_sources  # noqa: E402
from mmm_assets.inputs.kept_loads import loading  # noqa: E402
from mmm_assets.inputs.panel_table import TABLES, create_panel_tables  # noqa: E402
from mmm_assets.inputs.roles import ROLES  # noqa: E402
from mmm_assets.inputs.sources import load_raw  # noqa: E402
from mmm_assets.orchestration.publication import publish  # noqa: E402
from mmm_assets.orchestration.retention import tidy  # noqa: E402
from mmm_assets.orchestration.run import dagster_instance  # noqa: E402
from mmm_assets.orchestration.status import overview, refresh_table  # noqa: E402
from mmm_assets.report.files import DASHBOARD, draw_published, report_file  # noqa: E402
from mmm_assets.store.project import Project  # noqa: E402

DATASETS = Path(os.environ.get("DATASETS", ROOT.parent / "shared" / "datasets"))
PANEL = "real_panel/mmm_data.csv"
SHOWN = (1, 13, 26, 39, 52, 104, 156)
RESTATED_WEEKS = 4
SHORT = "\nmodel:\n  members: 20\n  chains: 2\n  warmup: 10\n  draws: 10\n"


def fit_once(folder: Path) -> Path:
    """Refresh the panel's last week; return its configuration."""
    shutil.copyfile(DATASETS / PANEL, folder / "mmm_data.csv")
    _mmm("init", str(folder / "mmm_data.csv"), "--out", str(folder))
    file = folder / "mmm.yaml"
    file.write_text(re.sub(r"\nmodel:[^\n]*\n", SHORT, file.read_text()))
    _mmm("refresh", "-c", str(file))
    return file


def _mmm(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "mmm_assets", *arguments], check=True, cwd=ROOT)


class Deliveries:
    """The panel's table as it is delivered week after week."""

    def __init__(self, file: Path) -> None:
        self.table = pd.read_csv(file)
        self.first = int(self.table["weekid"].min())
        self.weeks = int(self.table["weekid"].max()) - self.first + 1

    def write(self, number: int, file: Path) -> None:
        """Write the table of the delivery ``number``: a week later than the one before."""
        rows = self.table.copy()
        late = self.first + number
        # What leaves the window at its begin comes again at its end.
        rows["weekid"] = late + (rows["weekid"] - late) % self.weeks
        age = late + self.weeks - rows["weekid"]
        values = rows.columns.difference(["dmacode", "weekid"])
        restated = 1 - 0.01 * (RESTATED_WEEKS - age).clip(lower=0)
        numbers = rows[values].select_dtypes("number").columns
        rows[numbers] = rows[numbers].mul(restated, axis=0).round(4)
        rows.sort_values(["dmacode", "weekid"]).to_csv(file, index=False)


class Template:
    """All that one refresh left: its rows, its models, its dashboard."""

    def __init__(self, project: Project, week: date, folder: Path) -> None:
        self.week = week
        self.rows = folder / "rows.duckdb"
        self.files = folder / "files"
        shutil.copytree(project.warehouse.model_folder(week), self.files)
        shutil.copyfile(report_file(project, week), self.files / DASHBOARD)
        with project.warehouse.work() as connection:
            connection.execute(f"ATTACH '{self.rows}' AS rows")
            for name in TABLES:
                connection.execute(f"CREATE TABLE rows.{name} AS FROM staging.{name}")
        with duckdb.connect(str(self.rows)) as connection:
            connection.execute(f"ATTACH '{project.warehouse.published_file}' AS p (READ_ONLY)")
            for table in mart.TABLES:
                connection.execute(f"CREATE TABLE {table.name} AS FROM p.mart.{table.name}")

    def write(self, project: Project, number: int) -> date:
        """Write it as the refresh of a week; return the week."""
        week = self.week + timedelta(weeks=number)
        with project.warehouse.work() as connection:
            create_panel_tables(connection)
            connection.execute(f"ATTACH '{self.rows}' AS rows (READ_ONLY)")
            names = [f"mart.{table.name}" for table in mart.TABLES]
            for name in (*names, *(f"staging.{name}" for name in TABLES)):
                connection.execute(
                    f"INSERT INTO {name} BY NAME SELECT * REPLACE (DATE '{week}' AS refresh_week) "
                    f"FROM rows.{name.split('.')[1]}"
                )
            connection.execute(
                f"UPDATE mart.refreshes SET run_id = 'r{number}', "
                f"has_details = true WHERE refresh_week = '{week}'"
            )
            _write_what_a_first_refresh_lacks(connection, week, number)
        draft = project.warehouse.draft_folder(week)
        shutil.copytree(self.files, draft, dirs_exist_ok=True)
        return week


def _write_what_a_first_refresh_lacks(
    connection: duckdb.DuckDBPyConnection, week: date, number: int
) -> None:
    """Forecasts of up to 13 earlier refreshes of the newest week, and what was restated."""
    connection.execute(
        """
        INSERT INTO mart.forecast_track
        SELECT $week, $week - (7 * origin)::INTEGER, region, $week, origin, actual, predicted,
               lower, upper, actual
        FROM (SELECT * FROM mart.predictions WHERE refresh_week = $week AND split = 'train'
              QUALIFY week = max(week) OVER ()), range(1, $origins) AS o(origin)
        """,
        {"week": week, "origins": min(number, 13) + 1},
    )
    connection.execute(
        """
        INSERT INTO mart.restatements
        SELECT $week, 'media', 'restated', region, channel, week, 'exposure', exposure,
               0.99 * exposure, NULL, now() AT TIME ZONE 'UTC'
        FROM mart.media WHERE refresh_week = $week
        QUALIFY dense_rank() OVER (ORDER BY week DESC) <= $weeks
        """,
        {"week": week, "weeks": RESTATED_WEEKS},
    )


def grow(project: Project, template: Template, deliveries: Deliveries, refreshes: int) -> None:
    """Write one refresh after the other and measure on the way."""
    source = project.config.folder / "mmm_data.csv"
    spent, published, processor, rows = 0.0, [], [], []
    with dagster_instance(project.config) as instance:
        for number in range(refreshes):
            deliveries.write(number, source)
            began = time.monotonic()
            loading = _seconds(partial(_load, project, template.week, number))
            week = template.write(project, number)
            worked = time.process_time()
            published.append(_seconds(partial(publish, project, week, print)))
            processor.append(time.process_time() - worked)
            tidying = _seconds(partial(tidy, project, instance))
            spent += time.monotonic() - began
            if number + 1 in SHOWN or number + 1 == refreshes:
                rows.append(
                    {
                        "refreshes": number + 1,
                        **_sizes(project),
                        "publish, s (median)": round(statistics.median(published), 2),
                        "publish, s (most)": round(max(published), 2),
                        "publish, s of the processor (median)": round(
                            statistics.median(processor), 2
                        ),
                        "load, s": round(loading, 1),
                        "tidy, s": round(tidying, 1),
                        "all but the model since the first, s": round(spent),
                        **_waits(project, week),
                    }
                )
                print(rows[-1], flush=True)
                published.clear()
                processor.clear()
    write("growth", rows)


def _load(project: Project, first: date, number: int) -> None:
    then = datetime.combine(first, datetime.min.time(), UTC) + timedelta(weeks=number + 1)
    with loading(project.warehouse) as connection:
        for role in ROLES:
            load_raw(connection, project.config, role, then)


def _sizes(project: Project) -> dict[str, int]:
    warehouse = project.warehouse
    room = warehouse.room()
    assert room.published is not None
    assert room.working is not None
    models, loads = (
        sum(file.stat().st_size for file in folder.rglob("*.*"))
        for folder in (warehouse.folder / "models", warehouse.loads_folder)
    )
    return {
        "mmm.duckdb, MB": room.published.total // 10**6,
        "work.duckdb, MB": room.working.total // 10**6,
        "of both free, MB": (room.published.dead + room.working.dead) // 10**6,
        "loads, MB": loads // 10**6,
        "models, MB": models // 10**6,
    }


def _waits(project: Project, week: date) -> dict[str, float]:
    def status() -> None:
        refresh_table(project.config)
        overview(project.config)

    return {
        "status, s": round(_seconds(status), 2),
        "check, s": round(_seconds(partial(check_sources, project.config, None)), 1),
        "page, s": round(_seconds(partial(draw_published, project, week)), 1),
    }


def _seconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def main() -> None:
    """Fit once, write often."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--refreshes", type=int, default=156)
    parser.add_argument("--project", type=Path, help="mmm.yaml of a refreshed panel")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "project").mkdir()
        (folder / "template").mkdir()
        if arguments.project:
            shutil.copytree(arguments.project.parent, folder / "project", dirs_exist_ok=True)
            file = folder / "project" / "mmm.yaml"
        else:
            file = fit_once(folder / "project")
        project = Project(load_config(file))
        with project.warehouse.published() as connection:
            (week,) = connection.execute("SELECT max(refresh_week) FROM mart.refreshes").fetchone()
        template = Template(project, week, folder / "template")
        deliveries = Deliveries(folder / "project" / "mmm_data.csv")
        shutil.rmtree(project.warehouse.folder)
        shutil.rmtree(project.config.reports_folder)
        grow(project, template, deliveries, arguments.refreshes)


if __name__ == "__main__":
    main()
