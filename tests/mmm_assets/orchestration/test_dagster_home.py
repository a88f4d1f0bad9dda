"""Dagster's records are made once, however many processes begin at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.mmm_assets.tiny_project import write_tables

OPEN = """
import sys
from mmm_assets.config import load_config
from mmm_assets.orchestration.run import dagster_instance
config = load_config(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
with dagster_instance(config) as instance:
    print(len(instance.get_runs()))
"""


def test_processes_that_begin_at_once_spoil_no_records(tmp_path: Path) -> None:
    write_tables(tmp_path)
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", OPEN, str(tmp_path / "mmm.yaml")]
    processes = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, errors = process.communicate()
        assert process.returncode == 0 and out == "0\n", errors
