"""Logs for machines: one JSON object per line, with run and refresh week; see dagster.yaml."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class JsonLinesHandler(logging.Handler):
    """Writes what a run logs to ``DAGSTER_HOME/logs/<run>.jsonl``.

    Keys: ``time`` (UTC), ``level``, ``run_id``, ``refresh_week``, ``step``, ``event`` (of
    Dagster, e.g. ``STEP_SUCCESS``), ``message``, and ``error`` where something failed.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Append a line; logging never stops a run, so a full disk loses lines, no home all."""
        with suppress(OSError, KeyError):
            folder = Path(os.environ["DAGSTER_HOME"]) / "logs"
            folder.mkdir(exist_ok=True)
            line = json.dumps(as_json(record), ensure_ascii=False)
            name = getattr(record, "dagster_meta", {}).get("run_id") or "no-run"
            with (folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def as_json(record: logging.LogRecord) -> dict[str, Any]:
    """Lay a record out as the keys of a line; those without a value are left out."""
    about: dict[str, Any] = getattr(record, "dagster_meta", {})
    event = about.get("dagster_event")
    data = getattr(event, "event_specific_data", None)
    error = getattr(data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    line = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "run_id": about.get("run_id"),
        "refresh_week": (about.get("job_tags") or {}).get("dagster/partition"),
        "step": about.get("step_key"),
        "event": event.event_type_value if event is not None else None,
        "message": about.get("orig_message") or record.getMessage(),
        "error": error.message.strip() if error is not None else None,
    }
    return {key: value for key, value in line.items() if value is not None}
