"""Run a source's query: one SELECT of the configuration, on whatever DuckDB can read."""

from __future__ import annotations

import os
import re
from contextlib import suppress

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.source_files import Delivery, SourceError
from mmm_assets.store.sql_text import quote, quote_text


def run_query(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, role: str, sql: str
) -> Delivery:
    """Run a configured query once into a temporary table, so that what is hashed is loaded.

    Raises
    ------
    SourceError
        If it is not one SELECT, names a variable that the environment lacks, fails, or returns
        no rows; values from the environment are not in the message.
    """
    source = f"query of tables.{role}"
    secrets: list[str] = []

    def expand(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise SourceError(f"{role}: the query needs {match[1]} in the environment")
        secrets.append(value)
        return value

    query = re.sub(r"\$\{(\w+)\}", expand, sql)
    name = quote(f"delivered_{role}")
    try:
        statements = duckdb.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise SourceError(f"{role}: tables.{role}.sql must be one SELECT")
        # Files that the query names count from the folder of the configuration.
        connection.execute(f"SET file_search_path = {quote_text(str(config.folder))}")
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT CAST(COLUMNS(*) AS VARCHAR) "
            f"FROM ({query.strip().rstrip(';')})"
        )
        columns = [str(row[0]) for row in connection.execute(f"DESCRIBE {name}").fetchall()]
        [(rows, *hashes)] = connection.execute(
            f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {name} AS t"
        ).fetchall()
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        for secret in secrets:
            message = message.replace(secret, "***")
        raise SourceError(f"{role}: {source} failed: {message}") from None
    finally:
        with suppress(duckdb.TransactionException):  # aborted by the query, and rolled back soon
            connection.execute("RESET file_search_path")
    if not rows:
        raise SourceError(f"{role}: {source} is empty: it returned no rows")
    places = ", ".join(f"c{n}" for n in range(len(columns)))
    fingerprint = f"{rows}-{'-'.join(f'{value:x}' for value in hashes)}"
    return Delivery(role, source, f"{name} AS t({places})", {}, columns, fingerprint)
