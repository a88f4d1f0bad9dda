"""Failed runs, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, cast

import dagster as dg

PROCESS_TAG = "mmm/process"
"""Names a lock file that the process of a run holds while it lives."""

Failed = Literal["failed", "refused", "held"]


def explain_failure(events: Iterable[dg.DagsterEvent]) -> tuple[Failed, tuple[str, ...]]:
    """Say how a run failed and, for each failure, what was wrong, without a traceback."""
    status: Failed = "failed"
    messages = []
    for event in events:
        data: Any = event.event_specific_data
        error = getattr(data, "error", None)
        user = getattr(data, "user_failure_data", None)
        if user is not None and user.description:
            messages.append(user.description)
            outcome = user.metadata.get("outcome")
            status = cast(Failed, str(outcome.value)) if outcome else status
        elif event.is_failure and error is not None:
            cause = error.cause or error
            name = f"{event.step_key}: " if event.step_key else ""
            messages.append(f"{name}{cause.message.strip()}")
    # A run fails once more for each of its steps.
    return status, tuple(dict.fromkeys(messages))
