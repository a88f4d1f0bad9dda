"""``mmm ui``: Dagster on this project."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from mmm_assets.cli.application import ConfigOption, app, clear_errors, console, errors, load


@app.command()
def ui(
    config: ConfigOption = None,
    port: Annotated[int, typer.Option(help="Port of the web server.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Anyone who reaches it can start runs.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Name under which a proxy asks for the UI; several times."),
    ] = None,
) -> None:
    """Open Dagster's UI on this project, with the daemon that runs schedules and backfills."""
    project = load(config)
    from mmm_assets.orchestration.run import prepare_dagster_home

    with clear_errors():
        prepare_dagster_home(project)
    if host not in ("127.0.0.1", "localhost", "::1"):
        errors.print(f"Whoever reaches {host}:{port} can start runs: put a proxy in front of it.")
    os.environ["MMM_CONFIG"] = str(project.path)
    # Dagster would rather be started by dg, which belongs to development and not to a deployment,
    # and calls handlers that dagster.yaml names a beta feature.
    os.environ["PYTHONWARNINGS"] = (
        "ignore:Function `dev_command` is superseded,ignore:Handling yaml-defined logging"
    )
    os.environ["MMM_UI_HOSTS"] = ",".join([host, *(allow_host or [])])
    command = [sys.executable, "-m", "mmm_assets.orchestration.guarded_ui", "dev"]
    command += ["-m", "mmm_assets.location"]
    command += ["--host", host, "--port", str(port)]
    console.print(f"Dagster's UI: http://{host}:{port}   (stop with Ctrl-C)", markup=False)
    # A shell starts background jobs with SIGINT ignored, and Dagster then ignores SIGTERM too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, command)
