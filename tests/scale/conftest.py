"""Engines for tests: a PostgreSQL of Debian's packages in a folder of its own, Ray on this machine.

What a machine lacks is skipped and said; where CI promises it, its lack is a failure.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NoReturn

import pytest

from tests.scale.servers import Postgres, new_postgres

PACKAGES = (
    *("dagster_postgres", "dagster_ray", "ray", "duckdb_extension_ducklake"),
    *("duckdb_extension_httpfs", "duckdb_extension_postgres_scanner"),
    *("dlt", "dagster_dlt", "moto", "flask_cors"),
)


def lacks(why: str) -> NoReturn:
    """Skip the test, except where CI promises what it lacks."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(autouse=True, scope="session")
def _extra() -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        extras = "make test-scale, or pip install '.[scale,sources,ingest,dev]'"
        lacks(f"{', '.join(missing)} not installed: {extras}")


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every project's runs beside its own warehouse; the product sets these variables."""
    for name in ("DAGSTER_HOME", "MMM_CONFIG"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of this session."""
    with ExitStack() as held:
        try:
            server = held.enter_context(new_postgres())
        except FileNotFoundError as error:
            lacks(str(error))
        yield server
