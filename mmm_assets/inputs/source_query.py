"""Run a source's query: one SELECT of the configuration, on whatever DuckDB can read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote as quote_url

import duckdb
from pydantic import BaseModel

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.source_files import Delivery, SourceError
from mmm_assets.store.sql_text import quote, quote_text

_NEXT_STEPS = {
    "file system operations are disabled": "A query reads the folder of the configuration. Name "
    "any other folder, or s3://BUCKET/, in queries.folders",
    "xtension": "Name the extension in queries.extensions, and install its Python package: those "
    "of PostgreSQL and of buckets come with the extra 'sources'",
}
"""What DuckDB says of a query that reaches too far → what to do."""


def run_query(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, role: str, sql: str
) -> Delivery:
    """Run a configured query once into a temporary table, so that what is hashed is loaded.

    Raises
    ------
    SourceError
        If it is not one SELECT, names a variable that the environment lacks, reaches for what it
        may not read, fails, or returns no rows; values from the environment are not in the message.
    """
    source = f"query of {ROLES[role].key_of_configuration}"
    query, secrets = expanded(role, sql.strip().rstrip(";"))
    reached = _reached(config, role, secrets)
    name = quote(f"delivered_{role}")
    try:
        _require_select(role, query)
        _require_named_servers(config, role, query)
        with tempfile.TemporaryDirectory() as folder:
            into = Path(folder) / "rows.parquet"
            _run_apart(config, {"query": query, "into": str(into), **reached})
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS FROM read_parquet({quote_text(str(into))})"
            )
        columns = [str(row[0]) for row in connection.execute(f"DESCRIBE {name}").fetchall()]
        [(rows, *hashes)] = connection.execute(
            f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {name} AS t"
        ).fetchall()
    except (duckdb.Error, _QueryFailed) as error:
        message = without_secrets(secrets, str(error).splitlines()[0])
        raise SourceError(f"{role}: {source} failed: {message}") from None
    if not rows:
        raise SourceError(f"{role}: {source} is empty: it returned no rows")
    places = ", ".join(f"c{n}" for n in range(len(columns)))
    fingerprint = f"{rows}-{'-'.join(f'{value:x}' for value in hashes)}"
    return Delivery(role, source, f"{name} AS t({places})", {}, columns, fingerprint)


class _QueryFailed(Exception):
    """What the process of a query said."""


def expanded(role: str, text: str) -> tuple[str, list[str]]:
    """Put values from the environment into a text; return it, and the values."""
    secrets: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise SourceError(f"{role}: the query needs {match[1]} in the environment")
        secrets.append(value)
        return value

    return re.sub(r"\$\{(\w+)\}", value_of, text), secrets


def _require_select(role: str, query: str) -> None:
    statements = duckdb.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SourceError(f"{role}: {ROLES[role].key_of_configuration}.sql must be one SELECT")


def _require_named_servers(config: ProjectConfig, role: str, query: str) -> None:
    """Refuse functions that open a server by themselves, which no setting of DuckDB forbids."""
    if "postgres_scanner" in config.queries.extensions:
        return
    if found := re.search(r"\bpostgres_(scan\w*|attach)\b", query, re.IGNORECASE):
        raise SourceError(
            f"{role}: {ROLES[role].key_of_configuration}.sql calls {found[0]}. Name the server in "
            "queries.attach, or postgres_scanner in queries.extensions"
        )


def without_secrets(secrets: list[str], message: str) -> str:
    """Hide values of the environment, also as connection strings and addresses write them."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        escaped = secret.replace("\\", "\\\\").replace("'", "\\'")
        for written in (secret, escaped, secret.replace("'", "''"), quote_url(secret, safe="")):
            message = message.replace(written, "***")
    return message


def _reached(config: ProjectConfig, role: str, secrets: list[str]) -> dict[str, Any]:
    """What a query may reach, for its process; values of the environment go to ``secrets``."""

    def filled_in(text: str) -> str:
        value, found = expanded(role, text)
        secrets.extend(found)
        return value

    def place(name: str) -> str:
        value = filled_in(name)
        return value if "://" in value else str((config.folder / value).expanduser().resolve())

    def filled(section: BaseModel) -> dict[str, Any]:
        values = section.model_dump(exclude_none=True)
        return {key: filled_in(v) if isinstance(v, str) else v for key, v in values.items()}

    queries = config.queries
    attached = queries.attach.items()
    return {
        "folders": [str(config.folder), *map(place, queries.folders)],
        "extensions": queries.needed_extensions,
        "files": {name: place(d.file) for name, d in attached if d.file},
        "servers": {name: filled(d.postgres) for name, d in attached if d.postgres},
        "buckets": {name: filled(bucket) for name, bucket in queries.buckets.items()},
    }


def _run_apart(config: ProjectConfig, asked: dict[str, Any]) -> None:
    """Write the rows of a query to a file, in a process that reaches what it may alone."""
    asked["memory_limit"] = config.memory_limit
    # -P: what lies in the project's folder is no module of the process.
    command = [sys.executable, "-P", str(Path(__file__).with_name("query_process.py"))]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, cwd=config.folder,
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["killed, perhaps for want of memory"])[-1]
        raise _QueryFailed(f"its process ended with {done.returncode}: {said}")
    if done.stdout:
        said = json.loads(done.stdout)["error"]
        steps = [step for part, step in _NEXT_STEPS.items() if part in said]
        raise _QueryFailed(". ".join([said, *steps[:1]]))
