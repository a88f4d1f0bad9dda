"""Telling people how a refresh ended: a line in a file, a program, a web address.

A notice says what happened and never what is secret: ``${NAME}`` in the address is filled from
the environment when it is used, and neither the address nor an error of it is ever logged.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from mmm_assets.config import ProjectConfig
from mmm_assets.config.operations import Occasion

_SECONDS = 20.0
"""How long all ways together may take: whoever is told must not keep a refresh from its end."""


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
    asked = {way: _Attempt(_WAYS[way], config, notice) for way, target in ways.items() if target}
    deadline = time.monotonic() + _SECONDS
    for way, attempt in asked.items():
        failed = attempt.failed_by(deadline)
        if failed:
            warn(f"notify.{way} failed with {failed}; the notice: {notice}")


class _Attempt:
    """One way of telling, tried beside the others."""

    def __init__(
        self, way: Callable[[ProjectConfig, str], None], config: ProjectConfig, notice: str
    ) -> None:
        self._failed = ""
        self._thread = threading.Thread(target=self._run, args=(way, config, notice), daemon=True)
        self._thread.start()

    def _run(
        self, way: Callable[[ProjectConfig, str], None], config: ProjectConfig, notice: str
    ) -> None:
        try:
            way(config, notice)
        except Exception as error:
            # The kind alone: the text may hold the address, and that a secret.
            self._failed = type(error).__name__
            if isinstance(error, urllib.error.HTTPError):
                self._failed = f"status {error.code}"

    def failed_by(self, deadline: float) -> str:
        """How it failed, if it did by a time of the monotonic clock; nothing where all is well."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return f"no answer in {_SECONDS:.0f} s" if self._thread.is_alive() else self._failed


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
    with _OPENER.open(request, timeout=_SECONDS):
        pass


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Let a redirect fail: what follows it is a GET, which tells nobody."""

    def redirect_request(self, *arguments: object, **named: object) -> None:
        """Follow nothing."""


_OPENER = urllib.request.build_opener(_NoRedirect)

_WAYS: dict[str, Callable[[ProjectConfig, str], None]] = {
    "file": _to_file,
    "command": _to_command,
    "url": _to_url,
}
