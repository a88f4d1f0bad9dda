"""The text of ``dagster.yaml``: what every home has, and what the section ``engine`` decides."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from mmm_assets.config.engine import EngineSection
from mmm_assets.config.errors import UsageError
from mmm_assets.store.errors import WarehouseError

_MARK = "# engine: "
"""Begins the first line of a file that was written for another engine than the default."""

_SQLITE = """
# Dagster's own files, opened less often, see event_log.py.
event_log_storage:
  module: mmm_assets.orchestration.event_log
  class: EventLog
  config:
    home: {env: DAGSTER_HOME}
"""

_POSTGRES = """
storage:
  custom:
    module: mmm_assets.orchestration.postgres_storage
    class: PostgresStorage
    config:
      postgres_url: {env: $url}
"""

_RUNS = """
# Steps that write to the warehouse take turns by themselves, see warehouse.py.
concurrency:
  runs:
    max_concurrent_runs: $at_once
"""

_RAY = """
run_launcher:
  module: dagster_ray
  class: RayRunLauncher
  config:
    ray: $ray
"""

_HANDED_ON = ("DAGSTER_HOME", "MMM_CONFIG")
"""Variables without which a Ray job would not know what to do."""


def settings_text(engine: EngineSection) -> str:
    """Write ``dagster.yaml`` for an engine."""
    parts = [Path(__file__).with_name("dagster.yaml").read_text(encoding="utf-8")]
    parts.append(_RUNS.replace("$at_once", str(engine.at_once)))
    postgres = _POSTGRES.replace("$url", engine.storage_url)
    parts.append(postgres if engine.storage == "postgres" else _SQLITE)
    if engine.launcher == "ray":
        parts.append(_RAY.replace("$ray", json.dumps(ray_jobs(engine))))
    return _mark(engine) + "".join(parts)


def ray_jobs(engine: EngineSection) -> dict[str, object]:
    """What ``dagster-ray`` is told of Ray jobs; JSON is YAML, too."""
    return {
        "address": engine.ray_address,
        "num_cpus": engine.cpus,
        "num_gpus": engine.gpus,
        "env_vars": [*_HANDED_ON, *engine.environment],
    }


def require_same_engine(settings: Path, engine: EngineSection) -> None:
    """Refuse a home whose records another engine keeps.

    Raises
    ------
    UsageError
        If ``dagster.yaml`` was written for another engine.
    """
    first = settings.read_text(encoding="utf-8").partition("\n")[0] + "\n"
    written_for = first if first.startswith(_MARK) else ""
    if written_for != _mark(engine):
        raise UsageError(
            f"{settings} was written for another 'engine' than the configuration names. Move it "
            "away, to be written anew; records of runs stay where they are"
        )


def require_available(engine: EngineSection) -> None:
    """Refuse an engine whose packages, or whose address, are not there.

    Raises
    ------
    UsageError
        Names the extra that installs them, or the variable that lacks.
    """
    needed = {
        "dagster_postgres": engine.storage == "postgres",
        "dagster_ray": "ray" in (engine.launcher, engine.executor),
    }
    missing = [name for name, asked in needed.items() if asked and find_spec(name) is None]
    if missing:
        raise UsageError(
            f"'engine' needs {', '.join(missing)}. Install the extra:  "
            "pip install 'mmm-platform[scale]'"
        )
    if engine.storage == "postgres" and not os.environ.get(engine.storage_url):
        raise UsageError(
            f"'engine.storage_url' names {engine.storage_url}, which is not in the environment"
        )


@contextmanager
def records_reached(engine: EngineSection) -> Iterator[None]:
    """Say in words that Dagster's records cannot be reached.

    Raises
    ------
    WarehouseError
        If PostgreSQL could not be reached for longer than Dagster waits for it, some ten seconds.
    """
    if engine.storage == "sqlite":
        yield
        return
    require_available(engine)
    from mmm_assets.orchestration.postgres_storage import OUTAGES

    try:
        yield
    except OUTAGES as error:
        raise WarehouseError(
            f"PostgreSQL, which keeps Dagster's records ({engine.storage_url}), cannot be reached: "
            "what is published stays as it is. Say the command again when it is back"
        ) from error


def _mark(engine: EngineSection) -> str:
    """Of what stands in the file alone; the executor is for the code location."""
    decides = engine.model_dump(mode="json", exclude={"executor"})
    if decides == EngineSection().model_dump(mode="json", exclude={"executor"}):
        return ""
    return f"{_MARK}{json.dumps(decides, sort_keys=True)}\n"
