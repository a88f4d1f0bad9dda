"""Dagster's web server behind the guard, alone or as ``dagster dev`` starts it.

``python -m mmm_assets.orchestration.guarded_ui`` takes the arguments of ``dagster-webserver``;
``dev`` as its first one, those of ``dagster dev``. The two places of Dagster that are replaced are
not public: a test asks the running server, so that an upgrade cannot lose the guard unseen.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from dagster._cli import dev
from dagster._cli import main as dagster_main
from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from mmm_assets.orchestration.web_guard import LOOPBACK, Guard

HOSTS = "MMM_UI_HOSTS"
"""Variable of the environment with further names of the server, separated by commas."""


class GuardedWebserver(DagsterWebserver):
    """Dagster's web server with the guard before all else."""

    def build_middleware(self) -> list[Middleware]:
        """Middleware of the whole application, the guard first."""
        named = [host for host in os.environ.get(HOSTS, "").split(",") if host]
        return [Middleware(Guard, hosts=(*LOOPBACK, *named)), *super().build_middleware()]


def serve() -> None:
    """Run the web server with the arguments of ``dagster-webserver``."""
    vars(app)["DagsterWebserver"] = GuardedWebserver
    cli.main()


def develop() -> None:
    """Run ``dagster dev``, whose web server is the guarded one."""
    start = vars(dev)["open_ipc_subprocess"]

    def guarded(parts: list[str], **options: Any) -> Any:
        here = [__spec__.name if part == "dagster_webserver" else part for part in parts]
        return start(here, **options)

    vars(dev)["open_ipc_subprocess"] = guarded
    dagster_main()


if __name__ == "__main__":
    develop() if sys.argv[1:2] == ["dev"] else serve()
