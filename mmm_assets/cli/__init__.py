"""The ``mmm`` command: what a person or a scheduler types.

Imports of Dagster, torch and Great Expectations wait inside the commands: ``--help`` must
answer at once. Exit codes are for schedulers, see ``EXIT``.
"""

# Commands are listed in the order of these imports: the way a project goes.
from mmm_assets.cli import (
    adopting,
    comparing,
    deciding,
    experiments,
    exporting,
    keeping,
    plans,
    portfolio,
    refreshes,
    serving,
    tables,
)  # isort: skip
from mmm_assets.cli.application import EXIT, app

__all__ = [
    "EXIT",
    "adopting",
    "app",
    "comparing",
    "deciding",
    "experiments",
    "exporting",
    "keeping",
    "plans",
    "portfolio",
    "refreshes",
    "serving",
    "tables",
]
