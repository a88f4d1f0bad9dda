"""Dagster's records in PostgreSQL, at the address that people write.

SQLAlchemy 2.1 takes ``postgresql://`` for the address of another driver than the one that
``dagster-postgres`` installs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import DagsterPostgresException

OUTAGES = (DagsterPostgresException, sqlalchemy.exc.OperationalError)
"""What is raised where the server does not answer."""

_DRIVER = "postgresql+psycopg2"


class PostgresStorage(DagsterPostgresStorage):
    """Runs, events and schedules in one PostgreSQL database, as ``dagster.yaml`` names it."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PostgresStorage:
        """Open the database of an address; its tables are made where they are missing."""
        scheme, _, place = config_value["postgres_url"].partition("://")
        url = f"{_DRIVER if scheme in ('postgresql', 'postgres') else scheme}://{place}"
        return cls(postgres_url=url, inst_data=inst_data)
