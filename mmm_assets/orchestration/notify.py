"""Telling people how a refresh ended: a line in a file, a program, a web address.

A notice says what happened and never what is secret: ``${NAME}`` in the address is filled from
the environment when it is used, and neither the address nor an error of it is ever logged.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from mmm_assets.config import ProjectConfig
from mmm_assets.config.operations import Occasion

_SECONDS = 20.0


def notify(
    config: ProjectConfig,
    occasion: Occasion,
    refresh_week: str,
    run_id: str = "",
    messages: Sequence[str] = (),
    warn: Callable[[str], None] = lambda message: None,
) -> None:
    """Tell whom the configuration names; whoever cannot be told is warned of, nothing raised.

    Parameters
    ----------
    messages
        What was wrong, for a person.
    warn
        Told which of the ways failed.
    """
    how = config.notify
    if occasion not in how.when:
        return
    notice = json.dumps(
        {
            "project": config.project,
            "refresh_week": refresh_week,
            "status": occasion,
            "run_id": run_id,
            "messages": list(messages),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        ensure_ascii=False,
    )
    ways = {"file": how.file, "command": how.command, "url": how.url}
    for way, target in ways.items():
        if target:
            try:
                _WAYS[way](config, notice)
            except Exception as error:
                # The kind alone: the text may hold the address, and that a secret.
                warn(f"notify.{way} failed with {type(error).__name__}; the notice: {notice}")


def _to_file(config: ProjectConfig, notice: str) -> None:
    file = config.folder / str(config.notify.file)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(notice + "\n")


def _to_command(config: ProjectConfig, notice: str) -> None:
    subprocess.run(
        config.notify.command,
        input=notice,
        text=True,
        check=True,
        timeout=_SECONDS,
        cwd=config.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _to_url(config: ProjectConfig, notice: str) -> None:
    address = re.sub(r"\$\{(\w+)\}", lambda name: os.environ[name[1]], str(config.notify.url))
    if not address.startswith(("http://", "https://")):
        raise ValueError
    request = urllib.request.Request(
        address, notice.encode(), {"Content-Type": "application/json; charset=utf-8"}
    )
    with urllib.request.urlopen(request, timeout=_SECONDS):
        pass


_WAYS: dict[str, Callable[[ProjectConfig, str], None]] = {
    "file": _to_file,
    "command": _to_command,
    "url": _to_url,
}
