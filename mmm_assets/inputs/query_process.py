"""One query in a process of its own, which can reach the project's folders and nothing else.

The configuration of that DuckDB is locked before the query runs, and no warehouse is attached. The
process works in the project's folder, from which the files that a query names count, and imports
nothing of the platform. What it is asked comes by standard input, as it may hold passwords.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import duckdb


def main() -> None:
    """Answer one question: JSON in, JSON out."""
    asked = json.load(sys.stdin)
    try:
        with duckdb.connect() as connection:
            lock_in(connection, asked)
            connection.execute(
                f"COPY (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({asked['query']}\n)) "
                f"TO {_text(asked['into'])} (FORMAT PARQUET, USE_TMP_FILE false)"
            )
    except (duckdb.Error, FileNotFoundError) as error:
        json.dump({"error": str(error).splitlines()[0]}, sys.stdout)


def lock_in(connection: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> None:
    """Allow the folders that are named, and nothing else, for good."""
    into = Path(asked["into"])
    settings: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "temp_directory": str(into.parent),
        "memory_limit": asked["memory_limit"],
    }
    for name, value in settings.items():
        if value is not None:
            connection.execute(f"SET {name} = {_text(str(value))}")
    for name in asked["extensions"]:
        connection.execute(f"LOAD {_text(extension(name))}")
    attach(connection, asked)
    # Secrets that the machine's owner stored are read now: their folder is not allowed later.
    connection.execute("FROM duckdb_secrets()").fetchall()
    scopes = [bucket["scope"] for bucket in asked["buckets"].values()]
    reached = (*asked["folders"], *scopes, str(into.parent))
    folders = ", ".join(_text(folder) for folder in reached)
    connection.execute(f"SET allowed_directories = [{folders}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def attach(connection: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> None:
    """Open databases for reading; passwords and keys are secrets, which no query can read."""
    for name, file in asked["files"].items():
        connection.execute(f'ATTACH {_text(file)} AS "{name}" (READ_ONLY)')
    for name, server in asked["servers"].items():
        mode = _text(f"sslmode={server.pop('sslmode')}")
        connection.execute(_secret(f"server_{name}", {"type": "postgres", **server}))
        connection.execute(
            f'ATTACH {mode} AS "{name}" (TYPE postgres, SECRET "server_{name}", READ_ONLY)'
        )
    for name, bucket in asked["buckets"].items():
        connection.execute(_secret(f"bucket_{name}", bucket))


def _secret(name: str, values: dict[str, Any]) -> str:
    """SQL that makes a secret, gone with the connection."""
    given = ", ".join(f"{key} {_text(str(value))}" for key, value in values.items())
    return f'CREATE TEMPORARY SECRET "{name}" ({given})'


def extension(name: str) -> str:
    """File of an extension that is installed as a Python package; else its name, for DuckDB."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    if package is None or package.origin is None:
        return name
    folder = Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}"
    return str(folder / f"{name}.duckdb_extension")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
