"""Tables of a PostgreSQL server, as ``mmm init --attach`` is given it.

Tables that are known are recognised as those of files are. Of the others those with a day and a
number are looked at as a table of its own is, the first rows of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
from pydantic import ValidationError

from mmm_assets.config.queries import PostgresServer
from mmm_assets.guessing import words
from mmm_assets.guessing.frame import Frame, GuessError, InitOptions, find_frame
from mmm_assets.guessing.places import tables_of
from mmm_assets.guessing.profile import LOOKED_AT, TableProfile
from mmm_assets.guessing.queries import Place, Query
from mmm_assets.inputs.query_process import attach, extension
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.source_query import expanded, without_secrets
from mmm_assets.store.sql_text import quote_text

_EXAMPLE = "postgresql://USER:${PASSWORD}@HOST:5432/DATABASE"


def parse_server(url: str) -> PostgresServer:
    """Read the address of a server.

    Raises
    ------
    GuessError
        If it is none, or holds a password that is no variable of the environment.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        raise GuessError(f"--attach takes the address of a server: '{_EXAMPLE}'")
    asked = dict(parse_qsl(parts.query))
    found = {
        "host": parts.hostname,
        "port": parts.port or 5432,
        "database": unquote(parts.path.strip("/")),
        "user": unquote(parts.username or ""),
        "password": parts.password,
        **asked,
    }
    if parts.password and not re.fullmatch(r"\$\{\w+\}", parts.password):
        raise GuessError(
            "--attach: the password would stand in the history of your shell. Put it into the "
            f"environment, and its name into the address, in single quotes: '{_EXAMPLE}'"
        )
    try:
        return PostgresServer.model_validate(found)
    except ValidationError as error:
        wrong = ", ".join(str(fault["loc"][0]) for fault in error.errors())
        raise GuessError(
            f"--attach: {wrong} is missing or wrong; write it as '{_EXAMPLE}'"
        ) from None


def server_places(connection: duckdb.DuckDBPyConnection, urls: Sequence[str]) -> list[Place]:
    """Attach servers for reading and list their tables and views.

    Raises
    ------
    GuessError
        If one cannot be reached; no password is told.
    """
    places: list[Place] = []
    for url in urls:
        server = parse_server(url)
        name = re.sub(r"\W", "_", server.database)
        secrets: list[str] = []
        try:
            given = server.model_dump(exclude_none=True)
            if server.password:
                given["password"], secrets = expanded("--attach", server.password)
            connection.execute(f"LOAD {quote_text(extension('postgres_scanner'))}")
            attach(connection, {"files": {}, "servers": {name: given}, "buckets": {}})
            found = tables_of(connection, name)
        except (duckdb.Error, SourceError) as error:
            said = without_secrets(secrets, str(error).splitlines()[0])
            raise GuessError(
                f"--attach: {server.host}:{server.port}/{server.database} cannot be read: {said}. "
                "The extension comes with the extra 'sources'; the role must be allowed to read"
            ) from None
        if not found:
            raise GuessError(
                f"--attach: {server.user} may read no table of {server.database}. Grant it SELECT"
            )
        places += [
            Place(table, Path(name), (schema, table), name, server) for schema, table in found
        ]
    return places


def server_frames(
    connection: duckdb.DuckDBPyConnection,
    places: Sequence[Place],
    options: InitOptions,
    scratch: Path,
    said: list[str],
) -> Iterator[Frame]:
    """Frames of tables that are not known; one that has none is left out, and told."""
    for number, place in enumerate(places):
        named = f"{place.database}.{'.'.join(place.table or ())}"
        if not _may_hold_weeks(connection, place):
            said.append(f"Left out  '{named}': it has no day beside a number")
            continue
        file = scratch / f"{place.name}_{number}.parquet"
        connection.execute(
            f"COPY (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {place.here} LIMIT {LOOKED_AT}) "
            f"TO {quote_text(str(file))} (FORMAT PARQUET)"
        )
        sql = f"SELECT * FROM {place.here}"
        try:
            profile = TableProfile(connection, file, f"server_{number}")
            if not profile.rows:
                raise GuessError("it has no rows")
            frame = find_frame(profile, options, said)
        except (GuessError, SourceError) as error:
            said.append(f"Left out  '{named}': {str(error).split('. ')[0]}")
            continue
        yield replace(frame, query=Query(sql, sql, (place,)))


def _may_hold_weeks(connection: duckdb.DuckDBPyConnection, place: Place) -> bool:
    relation = connection.sql(f"FROM {place.here}")
    types = {name: str(type_) for name, type_ in zip(relation.columns, relation.types, strict=True)}
    is_dated = any(
        type_ in ("DATE", "VARCHAR") or type_.startswith("TIMESTAMP") or words.has(name, words.WEEK)
        for name, type_ in types.items()
    )
    numbers = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "HUGEINT")
    return is_dated and any(mark in type_ for type_ in types.values() for mark in numbers)
