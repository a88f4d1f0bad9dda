"""Build time, file size, and time until usable in a browser, of reports small and large.

    python tests/benchmarks/report.py [PROJECT.yaml …]

Measures the newest published refresh of each project named, the bundled sample's where it has
been refreshed, and an invented refresh of 500 regions × 260 weeks × 30 channels. A page is usable
when its text stands, the charts on the screen are drawn and a click is answered; the browser is
headless Chromium, without a cache. Every chart of each page is drawn, and every fault and request
that leaves the file is counted. Prints a table and writes benchmarks/report.json.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import psutil
from playwright.sync_api import Browser, sync_playwright
from writing import write

from mmm_assets.config import load_config
from mmm_assets.report import ReportContext, build_report
from mmm_assets.store.project import Project

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))
from tests.mmm_assets.report.invented_refresh import Example, create_mart, fill  # noqa: E402

OPENINGS = 3
# What "usable" waits for: the script has run, and each chart on the screen is drawn.
USABLE = """() => new Promise(done => {
    const near = (chart) => {
        const { top, bottom } = chart.getBoundingClientRect();
        return top < innerHeight && bottom > 0;
    };
    const look = () => window.report?.ready && [...document.querySelectorAll('.chart')]
        .every(chart => chart.dataset.drawn || !near(chart))
        ? requestAnimationFrame(() => setTimeout(done)) : setTimeout(look, 5);
    look();
})"""


def published(config_file: Path) -> tuple[duckdb.DuckDBPyConnection, date, ReportContext]:
    """A project's newest published refresh."""
    project = Project(load_config(config_file))
    connection = duckdb.connect(str(project.warehouse.published_file), read_only=True)
    found = connection.execute("SELECT max(refresh_week) FROM mart.refreshes").fetchone()
    config = project.config
    return connection, found[0], ReportContext(config.project, config.kpi_name, config.currency)


def invented() -> tuple[duckdb.DuckDBPyConnection, date, None]:
    """An invented refresh of 500 regions, 260 weeks, 30 channels."""
    example = Example(regions=500, weeks=260, channels=tuple(f"channel {i:02d}" for i in range(30)))
    connection = duckdb.connect()
    create_mart(connection)
    fill(connection, example)
    return connection, example.week, None


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def worked_seconds() -> float:
    """Seconds that the browser's processes have computed; a busy machine does not add to them."""
    found = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "chrom" in process.name():
                found += sum(process.cpu_times()[:2])
    return found


def opened(browser: Browser, file: Path, width: int) -> dict[str, Any]:
    """Seconds until usable, then until every chart is drawn; what went wrong meanwhile."""
    seconds: list[float] = []
    work: list[float] = []
    faults: list[str] = []
    for _ in range(OPENINGS):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:", "blob:"))
                else faults.append(request.url)
            ),
        )
        worked, started = worked_seconds(), time.perf_counter()
        page.goto(file.as_uri(), wait_until="commit")
        page.evaluate(USABLE)
        seconds.append(time.perf_counter() - started)
        work.append(worked_seconds() - worked)
        if len(seconds) == OPENINGS:
            started = time.perf_counter()
            page.evaluate("report.drawAll()")
            every = time.perf_counter() - started
            charts = page.locator(".chart").count()
            drawn = page.locator(".chart[data-drawn]").count()
        page.close()
    return {
        "usable_s": round(median(seconds), 2),
        "usable_cpu_s": round(median(work), 2),
        "all_drawn_s": round(every, 2),
        "views": f"{drawn}/{charts}",
        "faults": len(faults),
    }


def measure(
    name: str,
    connection: duckdb.DuckDBPyConnection,
    week: date,
    context: ReportContext | None,
    browser: Browser,
    folder: Path,
) -> dict[str, Any]:
    """One row of the table."""
    counts = connection.execute(
        "SELECT count(DISTINCT region), count(DISTINCT week), count(DISTINCT component) "
        "FILTER (kind = 'media') FROM mart.contributions WHERE refresh_week = ?",
        [week],
    ).fetchone()
    started, worked = time.perf_counter(), time.process_time()
    html = build_report(connection, week, context)
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    file = folder / f"{name}.html"
    file.write_text(html, encoding="utf-8")
    wide, narrow = (opened(browser, file, width) for width in (1440, 390))
    return {
        "report": name,
        "regions_weeks_channels": " × ".join(str(count) for count in counts or ()),
        "build_s": round(seconds, 1),
        "build_cpu_s": round(worked, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "megabytes": round(file.stat().st_size / 1e6, 2),
        **wide,
        "usable_390px_s": narrow["usable_s"],
        "faults_390px": narrow["faults"],
    }


def main() -> None:
    """Measure every report that can be built here."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("projects", nargs="*", type=Path, help="mmm.yaml of refreshed projects")
    sample = ROOT / "data" / "mmm.yaml"
    files = [sample, *asked.parse_args().projects]
    rows = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for file in files:
            if not Project(load_config(file)).warehouse.published_file.exists():
                print(f"{file}: nothing is published yet, left out; run mmm refresh first")
                continue
            name = "sample" if file == sample else file.resolve().parent.name
            rows.append(measure(name, *published(file), browser, Path(folder)))
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
        rows.append(measure("invented", *invented(), browser, Path(folder)))
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    write("report", rows)


if __name__ == "__main__":
    main()
