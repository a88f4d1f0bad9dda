"""Look at tables and guess what each column is: the brain of ``mmm init``.

What the flags say is taken as said. The rest is guessed from names (``column_words``) and
from what the columns hold (``table_profile``), and everything guessed is told. Where a guess
would be a gamble, a `GuessError` names the flag that settles it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from mmm_assets.config import ProjectConfig
from mmm_assets.config.errors import explain
from mmm_assets.guessing import words
from mmm_assets.guessing.frame import (
    Frame,
    GuessError,
    InitOptions,
    find_frame,
    is_control_value,
    listed,
    mostly_number,
)
from mmm_assets.guessing.kpi import find_kpi, find_value
from mmm_assets.guessing.profile import Column, TableProfile
from mmm_assets.guessing.roles import Roles, match_patterns, sort_columns
from mmm_assets.guessing.yaml_text import render
from mmm_assets.inputs.source_files import SourceError

__all__ = ["DEFAULT_ORIGIN", "Guess", "GuessError", "InitOptions", "guess_project", "render_yaml"]

DEFAULT_ORIGIN = date(2018, 1, 1)
"""Monday of week 0 where weeks are numbers and nobody says when they began."""

_LIFT = ("channel", "x", "delta_x", "delta_y", "sigma")


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
        CSV or Parquet files: one that holds everything, or one for each role.

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
        try:
            profiles = [
                TableProfile(connection, Path(file).resolve(), number)
                for number, file in enumerate(tables)
            ]
        except SourceError as error:
            raise GuessError(str(error)) from error
        for profile in profiles:
            if profile.rows == 0:
                raise GuessError(f"{profile.file} is empty: it has a header and no rows")
        lift = [p for p in profiles if all(p.column(name) for name in _LIFT)]
        frames = [find_frame(p, options, said) for p in profiles if p not in lift]
        if not frames:
            raise GuessError("give a table with the KPI and one with media; one may hold both")
        if any(f.region is None for f in frames):
            # A table that says which one country it is about is as national as one that does not.
            frames = [
                replace(f, region=None) if f.region and f.region.different == 1 else f
                for f in frames
            ]
        return _assemble(frames, lift, options, said)


def _assemble(
    frames: Sequence[Frame], lift: Sequence[TableProfile], options: InitOptions, said: list[str]
) -> Guess:
    """Give each table its role and write the configuration down."""
    _require_patterns(frames, options)
    wide = [f for f in frames if not f.channel and not f.control]
    kpi_frame, kpi, kind = find_kpi(wide or frames, options)
    long_media = [f for f in frames if f.channel]
    sorted_columns = _sort_all(wide, kpi_frame, kpi, options, assume_media=False)
    if not long_media and not any(roles.channels for roles in sorted_columns.values()):
        sorted_columns = _sort_all(wide, kpi_frame, kpi, options, assume_media=True)
    if len(long_media) > 1:
        names = ", ".join(f.profile.file.name for f in long_media)
        raise GuessError(
            f"more than one table of media: {names}. Give one; its source may be a glob"
        )
    media_frame = (
        long_media[0]
        if long_media
        else max(wide, key=lambda f: len(sorted_columns[id(f)].channels))
    )
    if not long_media and not sorted_columns[id(media_frame)].channels:
        raise GuessError(
            "no column of spend or exposure found. Give them with --spend or --exposure, e.g. "
            f"--spend '*_cost'; the columns are {listed(media_frame.profile)}"
        )

    roles = sorted_columns.get(id(media_frame))
    media = _source(media_frame, options)
    if roles is None:
        media |= _long_media(media_frame, options)
    else:
        media |= {"layout": "wide", **roles.mapping()}
    has_spend = "spend" in media
    value = find_value(kpi_frame, kpi, kind, options, has_spend, said)
    tables: dict[str, Any] = {
        "kpi": {**_source(kpi_frame, options), "kpi": kpi.name, "value_per_kpi": value},
        "media": media,
    }
    controls, controls_frame = _find_controls(
        frames, kpi_frame, media_frame, sorted_columns, options
    )
    if controls is not None:
        tables["controls"] = controls
    if lift:
        tables["lift_tests"] = {"source": _relative(lift[0].file, options.out)}
        tables["lift_tests"] |= _decimal(lift[0])
    _agree_on_regions(tables)

    origin = None
    days = kpi_frame.profile.days(kpi_frame.week, kpi_frame.date_format)
    if any(f.is_index for f in frames):
        origin, days = _origin(kpi_frame, options, said)
    content = _content(tables, kpi_frame, kpi, origin, days, options)
    left_out: dict[str, str] = {}
    value_column = value if isinstance(value, str) else None
    for frame in {id(f): f for f in (kpi_frame, media_frame, controls_frame) if f}.values():
        found = sorted_columns.get(id(frame))
        if found:
            left_out |= {n: why for n, why in found.left_out.items() if n != value_column}
    summary = _summary(content, roles, left_out, days)
    return Guess(content, tuple(summary + said), left_out)


def _sort_all(
    frames: Sequence[Frame],
    kpi_frame: Frame,
    kpi: Column,
    options: InitOptions,
    assume_media: bool,
) -> dict[int, Roles]:
    """Sort the columns of every wide table; the key is the table's ``id``."""
    return {
        id(f): sort_columns(
            f.profile,
            f.keys | ({kpi.name} if f is kpi_frame else set()),
            f.region,
            options.spend,
            options.exposure,
            options.controls,
            assume_media,
        )
        for f in frames
    }


def _long_media(frame: Frame, options: InitOptions) -> dict[str, Any]:
    assert frame.channel is not None
    numbers = [c for c in frame.profile.columns if mostly_number(c) and c.name not in frame.keys]
    found: dict[str, Any] = {"layout": "long", "channel": frame.channel.name}
    for key, pattern in (("spend", options.spend), ("exposure", options.exposure)):
        if pattern is not None:
            named = match_patterns(pattern, frame.profile.names)
            if len(named) > 1:
                raise GuessError(f"--{key}: {named} are several columns, a long table has one")
            found |= {key: named[0]} if named else {}
        elif key == "spend":
            for signs in (words.SPEND, words.BUDGET):
                named = [c.name for c in numbers if words.has(c.name, signs)]
                if named:
                    found[key] = named[0]
                    break
        else:
            ranked = [(words.exposure_rank(c.name), c.place, c.name) for c in numbers]
            exposures = sorted((r, p, n) for r, p, n in ranked if r is not None)
            if exposures and exposures[0][2] != found.get("spend"):
                found[key] = exposures[0][2]
    return found


def _find_controls(
    frames: Sequence[Frame],
    kpi_frame: Frame,
    media_frame: Frame,
    sorted_columns: dict[int, Roles],
    options: InitOptions,
) -> tuple[dict[str, Any] | None, Frame | None]:
    if options.controls == "":
        return None, None
    others = [f for f in frames if f is not kpi_frame and f is not media_frame]
    for frame in [*others, kpi_frame, media_frame]:
        if frame.control and frame is not media_frame:
            value = next(c for c in frame.profile.columns if is_control_value(c))
            source = _source(frame, options)
            named = {"layout": "long", "control": frame.control.name, "value": value.name}
            return source | named, frame
        roles = sorted_columns.get(id(frame))
        if roles and roles.controls:
            source = _source(frame, options)
            return source | {"layout": "wide", "columns": list(roles.controls)}, frame
    return None, None


def _agree_on_regions(tables: dict[str, Any]) -> None:
    if (tables["kpi"]["region"] is None) != (tables["media"]["region"] is None):
        raise GuessError(
            "one of the tables of KPI and media has a column of regions and the other has none; "
            "give --region, or sum the regional one"
        )
    controls = tables.get("controls")
    if controls and controls["region"] and not tables["kpi"]["region"]:
        raise GuessError("the table of controls has a column of regions and that of the KPI none")


def _origin(frame: Frame, options: InitOptions, said: list[str]) -> tuple[date, list[date]]:
    """Monday of week 0, and the weeks of the KPI counted from it."""
    given = options.week_origin
    if given is None:
        origin = DEFAULT_ORIGIN
        # A refresh week must be over: a long history begins earlier, by whole years.
        last = frame.week.highest if frame.is_index else 0.0
        while origin + timedelta(weeks=last) > date(2025, 12, 29):
            origin -= timedelta(weeks=52)
        said.append(
            f"Weeks are numbers; week 0 is taken as Monday {origin}. Give --week-origin if you "
            "know it: seasons and holidays depend on it"
        )
    else:
        origin = given - timedelta(days=given.weekday())
        if origin != given:
            said.append(f"--week-origin {given} is no Monday; week 0 begins on {origin}")
    return origin, frame.profile.days(frame.week, frame.date_format, origin)


def _newest_monday_over() -> date:
    today = datetime.now(UTC).date()
    return today - timedelta(days=today.weekday(), weeks=1)


def _content(
    tables: dict[str, Any],
    kpi_frame: Frame,
    kpi: Column,
    origin: date | None,
    days: list[date],
    options: InitOptions,
) -> dict[str, Any]:
    if not days:
        raise GuessError(f"no week can be read from '{kpi_frame.week.name}'; give --week")
    defaults = ProjectConfig.model_fields["refresh"].default
    min_weeks = max(defaults.min_weeks, options.holdout_weeks + 2)
    mondays = sorted({day - timedelta(days=day.weekday()) for day in days})
    first = min(mondays[0] + timedelta(weeks=min_weeks - 1), mondays[-1])
    name = re.sub(r"[^\w .&+-]", " ", options.out.resolve().name).strip(" .&+-")
    content: dict[str, Any] = {
        "project": (name or "project")[:80],
        "kpi_name": kpi.name,
        "currency": _currency(kpi_frame.profile.names),
        "tables": tables,
        **({"week_origin": origin} if origin else {}),
        "refresh": {
            "holdout_weeks": options.holdout_weeks,
            "min_weeks": min_weeks,
            "first_week": first,
            # Weeks of a simulation or a plan may lie ahead of the clock; they count as over.
            **({"last_week": mondays[-1]} if mondays[-1] > _newest_monday_over() else {}),
        },
    }
    try:
        ProjectConfig.model_validate(content)
    except ValidationError as error:
        said = explain(error, ProjectConfig, content)
        raise GuessError(f"the guess does not make a configuration:\n{said}") from error
    return content


def _currency(names: Sequence[str]) -> str:
    for signs, currency in (("$ usd dollar", "USD"), ("£ gbp", "GBP"), ("€ eur euro", "EUR")):
        if any(
            s in name.lower() if len(s) == 1 else s in words.tokens(name)
            for name in names
            for s in signs.split()
        ):
            return currency
    return "EUR"


def _source(frame: Frame, options: InitOptions) -> dict[str, Any]:
    return {
        "source": _relative(frame.profile.file, options.out),
        **_decimal(frame.profile),
        **({"date_format": frame.date_format} if frame.date_format else {}),
        "week": frame.week.name,
        "region": frame.region.name if frame.region else None,
    }


def _decimal(profile: TableProfile) -> dict[str, str]:
    return {} if profile.decimal == "." else {"decimal": profile.decimal}


def _relative(file: Path, out: Path) -> str:
    path = os.path.relpath(file, out.resolve())
    return re.sub(r"([*?\[])", r"[\1]", path) if not file.exists() else path


def _require_patterns(frames: Sequence[Frame], options: InitOptions) -> None:
    names = [name for frame in frames for name in frame.profile.names]
    for flag in ("spend", "exposure", "controls"):
        for part in filter(None, (p.strip() for p in (getattr(options, flag) or "").split(","))):
            if not match_patterns(part, names):
                listed = ", ".join(dict.fromkeys(names))
                raise GuessError(f"--{flag}: no column matches '{part}'; the columns are {listed}")


def _summary(
    content: dict[str, Any],
    roles: Roles | None,
    left_out: dict[str, str],
    days: list[date],
) -> list[str]:
    tables, kpi = content["tables"], content["tables"]["kpi"]
    step = min(((b - a).days for a, b in pairwise(days)), default=7)
    rhythm = {1: "daily, summed to weeks", 7: "weekly"}.get(step, f"every {step} days")
    where = f"regions in '{kpi['region']}'" if kpi["region"] else "one region (national)"
    said = [
        f"Weeks     '{kpi['week']}', {days[0]} to {days[-1]}, {rhythm}; {where}",
        f"KPI       '{kpi['kpi']}', worth {kpi['value_per_kpi'] or 'an unknown amount'} a unit",
    ]
    if step == 7 and days[0].weekday() != 0:
        said.append(f"          weeks begin on a {days[0]:%A}; each becomes the Monday before it")
    media = tables["media"]
    if media["layout"] == "long":
        measures = [f"{key} '{media[key]}'" for key in ("spend", "exposure") if key in media]
        said.append(f"Media     one row a channel in '{media['channel']}': {', '.join(measures)}")
    else:
        assert roles is not None
        said += [f"Media     {line}" for line in roles.describe()]
    controls = tables.get("controls")
    if controls is None:
        said.append("Controls  none")
    elif controls["layout"] == "long":
        said.append(f"Controls  one row a control in '{controls['control']}'")
    else:
        said.append(f"Controls  {', '.join(controls['columns'])}")
    if "lift_tests" in tables:
        said.append(f"Lift tests in {tables['lift_tests']['source']}")
    said += [f"Left out  '{name}': {why}" for name, why in left_out.items()]
    return said
