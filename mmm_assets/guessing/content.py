"""Write the content of ``mmm.yaml`` for tables whose roles are known."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mmm_assets.config import ProjectConfig
from mmm_assets.config.errors import explain
from mmm_assets.config.key_prefix import prefix_of
from mmm_assets.config.refresh import RefreshSection, WeekDay, monday_of
from mmm_assets.guessing import words
from mmm_assets.guessing.assignment import Assignment
from mmm_assets.guessing.calendars import propose_calendar
from mmm_assets.guessing.frame import Frame, GuessError, InitOptions
from mmm_assets.guessing.kpi import find_value
from mmm_assets.guessing.profile import TableProfile
from mmm_assets.store.sql_text import quote, quote_text

DEFAULT_ORIGIN = date(2018, 1, 1)
"""Monday of week 0 where weeks are numbers and nobody says when they began."""


_BEGINS: dict[int, WeekDay] = {5: "saturday", 6: "sunday"}
"""Day of the week from Monday, 0, on → its name, where weeks are known to begin with it."""


def write_content(found: Assignment, options: InitOptions, said: list[str]) -> dict[str, Any]:
    """Write the content of ``mmm.yaml``; what was taken for granted is added to ``said``.

    Raises
    ------
    GuessError
        If no week can be read, or what was found does not make a configuration.
    """
    tables = _tables(found, options, said)
    reached = _reached_by_queries(found, tables, options)
    origin = None
    if any(f.is_index for f in (found.kpi_table, found.media_table, found.controls_table) if f):
        origin = _origin(found.kpi_table, options, said)
    days = kpi_days(found, origin)
    start = _week_start(found.kpi_table.week.name, days)
    currency = options.currency or _currency(found.kpi_table.profile.names)
    proposed = None if origin else propose_calendar(_regions(found.kpi_table), currency)
    calendar = (proposed.content if proposed else {}) | _events(found, options, origin, said)
    name = re.sub(r"[^\w .&+-]", " ", options.out.resolve().name).strip(" .&+-")
    content: dict[str, Any] = {
        "project": (name or "project")[:80],
        "key_prefix": prefix_of(name),
        "kpi_name": found.kpi.name,
        "currency": currency or "EUR",
        "tables": tables,
        **({"week_origin": origin} if origin else {}),
        **({"week_start": start} if start else {}),
        **({"calendar": calendar} if calendar else {}),
        "refresh": _refresh(days, options, found.kpi_table.week.name, start or "monday"),
        "model": {"holdout_weeks": options.holdout_weeks},
        **({"queries": reached} if reached else {}),
    }
    if proposed:
        said.append(proposed.told)
    try:
        ProjectConfig.model_validate(content)
    except ValidationError as error:
        told = explain(error, ProjectConfig, content)
        raise GuessError(f"the guess does not make a configuration:\n{told}") from error
    return content


def kpi_days(found: Assignment, origin: date | None) -> list[date]:
    """Different days of the KPI's table, oldest first."""
    table = found.kpi_table
    return table.profile.days(table.week, table.date_format, origin)


def _tables(found: Assignment, options: InitOptions, said: list[str]) -> dict[str, Any]:
    has_spend = "spend" in found.media
    value = find_value(found.kpi_table, found.kpi, found.kpi_kind, options, has_spend, said)
    tables: dict[str, Any] = {
        "kpi": {
            **_kpi_source(found, options, said),
            "kpi": found.kpi.name,
            "value_per_kpi": value,
        },
        "media": _source(found.media_table, options) | found.media,
    }
    if found.controls_table:
        tables["controls"] = _source(found.controls_table, options) | found.controls
    if found.lift_tests:
        tables["lift_tests"] = {
            "source": _relative(found.lift_tests.file, options.out),
            **_decimal(found.lift_tests),
        }
    _agree_on_regions(tables)
    return tables


def _agree_on_regions(tables: dict[str, Any]) -> None:
    if (tables["kpi"]["region"] is None) != (tables["media"]["region"] is None):
        raise GuessError(
            "one of the tables of KPI and media has a column of regions and the other has none; "
            "give --region, or sum the regional one"
        )
    controls = tables.get("controls")
    if controls and controls["region"] and not tables["kpi"]["region"]:
        raise GuessError("the table of controls has a column of regions and that of the KPI none")


def _origin(frame: Frame, options: InitOptions, said: list[str]) -> date:
    """Monday of week 0."""
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
    return origin


def _week_start(name: str, days: Sequence[date]) -> WeekDay | None:
    """Day that weeks begin with, where the column says of which end of them its days are."""
    named = {day.weekday() for day in days}
    day = named.pop() if len(named) == 1 else -1
    if words.has(name, words.BEGINS):
        return _BEGINS.get(day)
    return _BEGINS.get((day + 1) % 7) if words.has(name, words.ENDS) else None


def _refresh(
    days: Sequence[date], options: InitOptions, week: str, week_start: WeekDay
) -> dict[str, Any]:
    if not days:
        raise GuessError(f"no week can be read from '{week}'; give --week")
    fewest = max(RefreshSection.model_fields["min_weeks"].default, options.holdout_weeks + 2)
    mondays = sorted({monday_of(day, week_start) for day in days})
    return {
        "min_weeks": fewest,
        "first_week": min(mondays[0] + timedelta(weeks=fewest - 1), mondays[-1]),
        # Weeks of a simulation or a plan may lie ahead of the clock; they count as over.
        **({"last_week": mondays[-1]} if mondays[-1] > _newest_monday_over() else {}),
    }


def _newest_monday_over() -> date:
    today = datetime.now(UTC).date()
    return today - timedelta(days=today.weekday(), weeks=1)


def _events(
    found: Assignment, options: InitOptions, origin: date | None, said: list[str]
) -> dict[str, Any]:
    """The table of own events as the section ``calendar`` has it, where weeks have dates."""
    own = found.events
    if own is None:
        return {}
    name = own.profile.file.name
    if origin:
        said.append(f"Left out  '{name}': its days cannot be placed among numbered weeks")
        return {}
    columns = {"day": own.day, "until": own.until, "name": own.name}
    if found.kpi_table.region:
        columns["region"] = own.region
    said.append(f"Events    in '{name}', by their days in '{own.day.name}'")
    return {
        "events": {
            "source": _relative(own.profile.file, options.out),
            **({"date_format": own.date_format} if own.date_format else {}),
            **{key: column.name for key, column in columns.items() if column},
        }
    }


def _regions(frame: Frame) -> tuple[str, ...]:
    """Names of the regions; of a national table the one that it names, if any."""
    named = [c for c in frame.profile.columns if words.has(c.name, words.REGION)]
    alone = next((column for column in named if column.different == 1), None)
    column = frame.region or alone
    return column.words if column else ()


def _currency(names: Sequence[str]) -> str | None:
    """Code of the currency that columns name; None where none does."""
    for signs, currency in (("$ usd dollar", "USD"), ("£ gbp", "GBP"), ("€ eur euro", "EUR")):
        if any(
            s in name.lower() if len(s) == 1 else s in words.tokens(name)
            for name in names
            for s in signs.split()
        ):
            return currency
    return None


def _source(frame: Frame, options: InitOptions) -> dict[str, Any]:
    origin = {"source": _relative(frame.profile.file, options.out)}
    if frame.query:
        origin = {"sql": frame.query.sql}
    return {
        **origin,
        **_decimal(frame.profile),
        **({"date_format": frame.date_format} if frame.date_format else {}),
        "week": frame.week.name,
        "region": frame.region.name if frame.region else None,
    }


def _kpi_source(found: Assignment, options: InitOptions, said: list[str]) -> dict[str, Any]:
    """Where the KPI is; a long table of media may repeat it in the row of each channel."""
    frame = found.kpi_table
    section = _source(frame, options)
    if not frame.channel:
        return section
    keys = [column for column in (frame.week, frame.region) if column]
    profile = frame.profile
    if profile.count_different([*keys, found.kpi]) != profile.count_different(keys):
        raise GuessError(
            f"{profile.file.name}: '{found.kpi.name}' differs between the channels of one week. A "
            "KPI is what the whole business sold: give it in a table of its own, a row a week"
        )
    if not profile.is_plain:
        raise GuessError(
            f"{profile.file.name}: '{found.kpi.name}' is repeated in the row of each channel, and "
            "no query can read this file to take it once. Save the table alone, as CSV in UTF-8, "
            "or give the KPI in a table of its own, a row a week"
        )
    said.append(
        f"'{found.kpi.name}' is repeated in the row of each channel, and is read once a week"
    )
    columns = ", ".join(quote(column.name) for column in (*keys, found.kpi))
    file = quote_text(str(section.pop("source")))
    if profile.delimiter:
        mark = quote_text(profile.delimiter)
        file = f"read_csv({file}, all_varchar = true, header = true, delim = {mark})"
    return {"sql": f"SELECT DISTINCT {columns} FROM {file}", **section}


def _reached_by_queries(
    found: Assignment, tables: dict[str, Any], options: InitOptions
) -> dict[str, Any]:
    """Section ``queries``: folders and databases besides the folder of the configuration."""
    used = filter(None, (found.kpi_table, found.media_table, found.controls_table))
    places = [place for table in used if table.query for place in table.query.places]
    files = [place.path for place in places if not place.database]
    if "sql" in tables["kpi"] and not found.kpi_table.query:
        files.append(found.kpi_table.profile.file)
    out = options.out.resolve()
    folders = [_relative(f.parent, out) for f in files if not f.is_relative_to(out)]
    attached = {
        p.database: {"postgres": p.server.model_dump(exclude_unset=True, exclude_none=True)}
        if p.server
        else {"file": _relative(p.path, out)}
        for p in places
        if p.database
    }
    return {
        **({"folders": list(dict.fromkeys(folders))} if folders else {}),
        **({"attach": attached} if attached else {}),
    }


def _decimal(profile: TableProfile) -> dict[str, str]:
    return {} if profile.decimal == "." else {"decimal": profile.decimal}


def _relative(file: Path, out: Path) -> str:
    path = os.path.relpath(file, out.resolve())
    return re.sub(r"([*?\[])", r"[\1]", path) if not file.exists() else path
