"""Look at tables and guess what each column is: ``mmm init`` begins here.

What the flags say is taken as said. The rest is guessed from names (``words``) and from what
the columns hold (``profile``), and everything guessed is told. Where a guess would be a gamble,
a `GuessError` names the flag that settles it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from mmm_assets.guessing.assignment import assign, require_patterns
from mmm_assets.guessing.content import write_content
from mmm_assets.guessing.doubts import doubtful_marks
from mmm_assets.guessing.event_tables import find_events
from mmm_assets.guessing.frame import Frame, GuessError, InitOptions, find_frame
from mmm_assets.guessing.places import find_files, is_database
from mmm_assets.guessing.profile import TableProfile
from mmm_assets.guessing.recognised_frames import RecognisedFrames
from mmm_assets.guessing.summary import summarise
from mmm_assets.guessing.yaml_text import render
from mmm_assets.inputs.source_files import SourceError

__all__ = ["Guess", "GuessError", "InitOptions", "guess_project", "render_yaml"]

_LIFT = ("channel", "x", "delta_x", "delta_y", "sigma")
"""Columns by which a table of lift tests is known."""


@dataclass(frozen=True)
class Guess:
    """A first configuration.

    Parameters
    ----------
    content
        What ``mmm.yaml`` will say, validated.
    summary
        What was guessed and why, a line each, for a person.
    left_out
        Column → why it is not used.
    """

    content: dict[str, Any]
    summary: tuple[str, ...]
    left_out: dict[str, str]


def render_yaml(guess: Guess) -> str:
    """Write a guess as ``mmm.yaml``, with a comment on every line."""
    return render(guess.content, guess.left_out)


def guess_project(tables: Sequence[Path], options: InitOptions) -> Guess:
    """Guess a project's configuration from its tables.

    Parameters
    ----------
    tables
        CSV or Parquet files: one that holds everything, or one for each role; or folders, or
        DuckDB's databases, in which tables that are known (``known_tables``) are recognised.

    Raises
    ------
    GuessError
        If a table cannot be read or something that is needed cannot be told.
    """
    said: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "look.duckdb")) as connection,
    ):
        # Nothing is downloaded, whatever a file turns out to be.
        connection.execute("SET autoinstall_known_extensions = false")
        files = find_files(tables)
        known = _recognise(connection, files, options, Path(folder))
        profiles = _profiles(connection, known.rest(tables) if known else files)
        options = known.options if known else options
        lift = [p for p in profiles if all(p.column(name) for name in _LIFT)]
        events = [own for p in profiles if p not in lift and (own := find_events(p))]
        beside_frames = [*lift, *(own.profile for own in events[:1])]
        wanted = [p for p in profiles if p not in beside_frames]
        beside = bool(known and known.frames)
        guessed = list(_guessed(wanted, options, said, tables if beside else files))
        frames = _of_one_kind([*(known.frames if known else ()), *guessed])
        if not frames:
            raise GuessError("give a table with the KPI and one with media; one may hold both")
        require_patterns(frames, options)
        found = replace(assign(frames, lift, options), events=next(iter(events), None))
        written = write_content(found, options, said)
        said += doubtful_marks(frames, written["tables"], options)
        left_out = found.left_out(written["tables"]["kpi"]["value_per_kpi"])
        recognised = known.said if known else ()
        summary = (*recognised, *summarise(found, written, left_out), *said)
        return Guess(written, summary, left_out)


def _recognise(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    options: InitOptions,
    scratch: Path,
) -> RecognisedFrames | None:
    """Recognise tables that are known; flags that name columns say that they are not."""
    if not options.names_columns:
        return RecognisedFrames(connection, files, options, scratch)
    for name in (*(file.name for file in filter(is_database, files)), *options.servers):
        raise GuessError(
            f"{name} is a database, whose tables are recognised or not: no flag names their "
            "columns. Export the table as Parquet to name them"
        )
    return None


def _guessed(
    profiles: Sequence[TableProfile],
    options: InitOptions,
    said: list[str],
    needed: Sequence[Path],
) -> Iterator[Frame]:
    """Find the frames of tables; one that is not ``needed`` and has none is left out, and told."""
    files = {file.resolve() for file in needed}
    for profile in profiles:
        try:
            yield find_frame(profile, options, said)
        except GuessError as error:
            if profile.file in files:
                raise
            said.append(f"Left out  '{profile.file.name}': {str(error).split('. ')[0]}")


def _profiles(connection: duckdb.DuckDBPyConnection, tables: Sequence[Path]) -> list[TableProfile]:
    try:
        profiles = [
            TableProfile(connection, file, f"look_{number}") for number, file in enumerate(tables)
        ]
    except SourceError as error:
        raise GuessError(str(error)) from error
    for profile in profiles:
        if profile.rows == 0:
            raise GuessError(f"{profile.file} is empty: it has a header and no rows")
    return profiles


def _of_one_kind(frames: Sequence[Frame]) -> list[Frame]:
    """Take all tables as national where one is.

    A table that says which one country it is about is as national as one that does not.
    """
    if all(frame.region for frame in frames):
        return list(frames)
    return [
        replace(frame, region=None) if frame.region and frame.region.different == 1 else frame
        for frame in frames
    ]
