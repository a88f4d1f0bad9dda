"""Seconds and memory of a fit from small to large panels, and of its parts.

    python tests/benchmarks/scaling.py [--largest] [--estimator posterior] [--one R W C M]

Every fit runs in a process of its own, so that the peak is its own. Panels are random: what a
fit costs does not depend on what it finds. ``--largest`` adds 2,000 regions × 260 weeks × 30
channels. On a GPU where torch finds one, else on the processor. Prints a table and writes
benchmarks/scaling.json; ``cpu_seconds`` add up all threads (OMP_NUM_THREADS sets how many), and
``profile`` divides those of a search by its parts. ``--one`` measures one size in this process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
from writing import write

from mmm_model.fit import stages
from mmm_model.fit.estimators import ESTIMATORS, fit_response
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

# Regions, weeks, channels, members.
SIZES = (
    *((regions, 104, 10, 1) for regions in (50, 200, 500, 1000, 2000)),
    *((50, weeks, 10, 1) for weeks in (52, 104, 260, 520)),
    *((50, 104, channels, 1) for channels in (5, 10, 20, 50)),
    *((190, 109, 13, members) for members in (1, 2, 4, 8, 16)),
)
LARGEST = (2000, 260, 30, 8)
STAGES = ("_begin", "search", "_finish", "_settle")


def random_panel(regions: int, weeks: int, channels: int) -> Panel:
    """Media that vary, a KPI that they move, no control."""
    rng = np.random.default_rng(0)
    shape = (regions, weeks, channels)
    exposure = np.exp(0.5 * rng.standard_normal(shape))
    walk = 0.02 * rng.standard_normal(shape[:2]).cumsum(axis=1)
    media = (exposure / (exposure + 1.0)).mean(axis=2)
    kpi = np.maximum(1.0 + walk + 0.3 * media + 0.05 * rng.standard_normal(shape[:2]), 0.0)
    return Panel(
        regions=tuple(f"region {i}" for i in range(regions)),
        weeks=pd.date_range("2015-01-05", periods=weeks, freq="7D"),
        channels=tuple(f"channel {i}" for i in range(channels)),
        controls=(),
        kpi=1000.0 * kpi,
        observed=np.ones(shape[:2], dtype=bool),
        exposure=exposure,
        spend=exposure,
        control=np.zeros((*shape[:2], 0)),
        value_per_kpi=np.ones(shape[:2]),
    )


def measure(
    estimator: str, regions: int, weeks: int, channels: int, members: int
) -> dict[str, Any]:
    """Fit once in this process."""
    seconds: dict[str, float] = defaultdict(float)

    def timed(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            began = time.process_time()
            try:
                return stage(*args)
            finally:
                seconds[name] += time.process_time() - began

        return run

    device = "cuda" if torch.cuda.is_available() else "cpu"
    settings = ModelSettings(holdout_weeks=0, estimator=estimator, members=members, device=device)
    panel = random_panel(regions, weeks, channels)
    watched = {name: timed(name, getattr(stages, name)) for name in STAGES}
    began, used = time.perf_counter(), time.process_time()
    with patch.multiple(stages, **watched):
        fit_response(panel, settings)
    total, used = time.perf_counter() - began, time.process_time() - used
    on_gpu = torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else None
    return {
        "device": device,
        "estimator": estimator,
        "regions": regions,
        "weeks": weeks,
        "channels": channels,
        "members": members,
        "seconds": round(total, 1),
        "cpu_seconds": round(used, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **({} if on_gpu is None else {"gpu_mb": round(on_gpu)}),
        "profile": {name.strip("_"): round(spent, 1) for name, spent in seconds.items()},
    }


def main() -> None:
    """Measure every size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", action="store_true")
    parser.add_argument("--one", nargs=4, type=int, metavar="N")
    parser.add_argument("--estimator", choices=ESTIMATORS, default="search")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.estimator, *asked.one)))
        return
    rows = []
    for size in (*SIZES, *([LARGEST] if asked.largest else [])):
        command = [sys.executable, __file__, "--estimator", asked.estimator]
        command += ["--one", *map(str, size)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
        if done.returncode:
            names = ("regions", "weeks", "channels", "members")
            said = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
            rows.append(dict(zip(names, size, strict=True)) | {"failed": said[0]})
        else:
            rows.append(json.loads(done.stdout))
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    write("scaling", rows)


if __name__ == "__main__":
    main()
