"""Hundreds of spoilt deliveries of the bundled sample: is each refused, or told, or harmless?

Every kind of ``corruption_corpus`` on every table of the sample. A delivery fails here when it
ends in a traceback, in a message that does not name table, rule and rows, or in a panel that
differs from the clean one without a word. Some of those that are refused are delivered once more
to a project with a published refresh, through the whole Dagster job: what is published must
stay as it is, byte by byte. Prints a table, writes ``benchmarks/corruptions.json``, and ends with
1 if anything failed. Run by ``make soak``.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from writing import write  # noqa: E402

from tests.mmm_assets.inputs.corruption_corpus import NUMBERS, Corruption, corpus  # noqa: E402
from tests.mmm_assets.inputs.corruption_verdict import Judge, Verdict  # noqa: E402

GOOD = ("refused", "warned", "same", "listed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="places of each kind")
    parser.add_argument("--from-seed", type=int, default=0, help="leave earlier places out")
    parser.add_argument("--only", default="", help="kinds whose name holds this text")
    parser.add_argument("--runs", type=int, default=12, help="refused ones given to Dagster")
    arguments = parser.parse_args()
    logging.disable(logging.INFO)

    judge = Judge(ROOT / "data" / "mmm.yaml")
    chosen = [
        corruption
        for corruption in corpus(arguments.seeds)
        if arguments.only in corruption.name and corruption.seed >= arguments.from_seed
    ]
    start = time.monotonic()
    verdicts: list[tuple[Corruption, Verdict]] = []
    for corruption in chosen:
        verdict = judge.judge(corruption)
        verdicts.append((corruption, verdict))
        if verdict.outcome not in GOOD:
            print(f"{verdict.outcome}: {corruption.name}: {verdict.message[:300]}", flush=True)
        if len(verdicts) % 50 == 0:
            print(f"{len(verdicts)} of {len(chosen)}", flush=True)
    _print(verdicts, time.monotonic() - start)

    refused = [c for c, v in verdicts if v.outcome == "refused"]
    step = max(1, len(refused) // max(1, arguments.runs))
    changed = _published_states_changed(refused[::step][: arguments.runs])
    write(
        "corruptions",
        [
            {"table": c.table, "kind": c.kind, "seed": c.seed, "outcome": v.outcome,
             "message": v.message}
            for c, v in verdicts
        ],
    )  # fmt: skip
    bad = [v for _, v in verdicts if v.outcome not in GOOD]
    return 1 if bad or changed else 0


def _print(verdicts: list[tuple[Corruption, Verdict]], seconds: float) -> None:
    names = list(dict.fromkeys([*GOOD, "silent", "unclear", "crash"]))
    print(f"\n{len(verdicts)} corruptions, {seconds:.0f} s")
    print(f"{'table':<10}" + "".join(f"{name:>9}" for name in names))
    for table in (*NUMBERS, "all"):
        counts = Counter(v.outcome for c, v in verdicts if table in (c.table, "all"))
        print(f"{table:<10}" + "".join(f"{counts[name]:>9}" for name in names))


def _published_states_changed(refused: list[Corruption]) -> int:
    """Deliver to a published project, through Dagster; return how often something changed."""
    if not refused:
        return 0
    from datetime import date

    from mmm_assets.config import load_config
    from mmm_assets.store.project import Project
    from tests.mmm_assets.tiny_project import run_week

    week = date(2026, 6, 22)
    changed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("media.csv", "kpi.csv", "controls.csv"):
            shutil.copyfile(ROOT / "data" / file, folder / file)
        text = (ROOT / "data" / "mmm.yaml").read_text()
        (folder / "mmm.yaml").write_text(text.replace("refresh:", "refresh:\n  members: 2"))
        config = load_config(folder / "mmm.yaml")
        outcome = run_week(config, week)
        assert outcome.status == "published", outcome.messages
        published = Project(config).warehouse.published_file
        before = published.read_bytes()
        for corruption in refused:
            corruption.write(ROOT / "data", folder)
            outcome = run_week(config, week)
            same = published.read_bytes() == before
            clear = outcome.status == "refused" and "Traceback" not in "".join(outcome.messages)
            changed += not (same and clear)
            if not (same and clear):
                print(f"{corruption.name}: {outcome.status}, published state kept: {same}")
            shutil.copyfile(ROOT / "data" / f"{corruption.table}.csv",
                            folder / f"{corruption.table}.csv")  # fmt: skip
    print(f"{len(refused)} refused ones through Dagster: {changed} changed what was published")
    return changed


if __name__ == "__main__":
    sys.exit(main())
