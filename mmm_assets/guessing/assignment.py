"""Give each table its role: KPI, media, controls or lift tests, and the columns that hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mmm_assets.guessing import words
from mmm_assets.guessing.column_roles import ColumnRoles, match_patterns, sort_columns
from mmm_assets.guessing.event_tables import EventTable
from mmm_assets.guessing.frame import (
    Frame,
    GuessError,
    InitOptions,
    listed,
    mostly_number,
)
from mmm_assets.guessing.kpi import find_kpi
from mmm_assets.guessing.profile import Column, TableProfile
from mmm_assets.guessing.shapes import is_value


@dataclass(frozen=True)
class Assignment:
    """The tables of a project, each with its role.

    Parameters
    ----------
    kpi_table, kpi, kpi_kind
        Where the KPI stands, and whether it is ``money``, a ``count`` or ``either``.
    media_table, media
        Where media stand, and the keys of ``tables.media`` that name their columns.
    controls_table, controls
        The same for controls; None and empty where there are none.
    lift_tests
        The table of lift tests.
    columns
        The columns of every wide table.
    events
        The table of own events.
    """

    kpi_table: Frame
    kpi: Column
    kpi_kind: str
    media_table: Frame
    media: dict[str, Any]
    controls_table: Frame | None
    controls: dict[str, Any]
    lift_tests: TableProfile | None
    columns: dict[Frame, ColumnRoles]
    events: EventTable | None = None

    @property
    def media_columns(self) -> ColumnRoles | None:
        """The columns of a wide table of media."""
        return self.columns.get(self.media_table)

    def left_out(self, value_per_kpi: str | float | None) -> dict[str, str]:
        """Column → why it is not used, in the tables that are; ``value_per_kpi`` may be one."""
        found: dict[str, str] = {}
        used = (self.kpi_table, self.media_table, self.controls_table)
        for table in dict.fromkeys(filter(None, used)):
            if table in self.columns:
                found |= self.columns[table].left_out
        return {name: why for name, why in found.items() if name != value_per_kpi}


def assign(
    tables: Sequence[Frame], lift: Sequence[TableProfile], options: InitOptions
) -> Assignment:
    """Give each table its role.

    Raises
    ------
    GuessError
        If the KPI or media cannot be found, or media are in more than one long table.
    """
    wide = [t for t in tables if not t.channel and not t.control]
    kpi_table, kpi, kind = find_kpi(wide or tables, options)
    long_media = _only([t for t in tables if t.channel])
    columns = _sort_columns(wide, kpi_table, kpi, options, bool(long_media))
    if long_media:
        media_table, media = long_media, _long_media(long_media, options)
    else:
        media_table = max(wide, key=lambda t: len(columns[t].channels), default=kpi_table)
        media = _wide_media(media_table, columns.get(media_table, ColumnRoles()))
    # A table of nothing but controls goes before what stands beside the KPI or media.
    others = [t for t in tables if t not in (kpi_table, media_table)]
    controls_table, controls = _find_controls(
        [*others, kpi_table, media_table], media_table, columns, options
    )
    return Assignment(
        kpi_table=kpi_table,
        kpi=kpi,
        kpi_kind=kind,
        media_table=media_table,
        media=media,
        controls_table=controls_table,
        controls=controls,
        lift_tests=lift[0] if lift else None,
        columns=columns,
    )


def _only(media: Sequence[Frame]) -> Frame | None:
    if len(media) > 1:
        names = ", ".join(table.profile.file.name for table in media)
        raise GuessError(
            f"more than one table of media: {names}. Give one; its source may be a glob"
        )
    return media[0] if media else None


def _sort_columns(
    wide: Sequence[Frame], kpi_table: Frame, kpi: Column, options: InitOptions, media_found: bool
) -> dict[Frame, ColumnRoles]:
    """Sort the columns of every wide table.

    Where nothing says that it is media, columns that may be are taken as spend.
    """

    def sort(assume_media: bool) -> dict[Frame, ColumnRoles]:
        return {
            table: sort_columns(
                table.profile,
                table.keys | ({kpi.name} if table is kpi_table else set()),
                table.region,
                options,
                assume_media,
                not table.is_daily,
            )
            for table in wide
        }

    found = sort(assume_media=False)
    if media_found or any(columns.channels for columns in found.values()):
        return found
    return sort(assume_media=True)


def _wide_media(table: Frame, columns: ColumnRoles) -> dict[str, Any]:
    if not columns.channels:
        raise GuessError(
            "no column of spend or exposure found. Give them with --spend or --exposure, e.g. "
            f"--spend '*_cost'; the columns are {listed(table.profile)}"
        )
    return {"layout": "wide", **columns.mapping()}


def _long_media(table: Frame, options: InitOptions) -> dict[str, Any]:
    assert table.channel is not None
    numbers = [c for c in table.profile.columns if mostly_number(c) and c.name not in table.keys]
    spend = _named_by_flag(table, "spend", options.spend)
    if options.spend is None:
        spend = _long_spend(numbers)
    exposure = _named_by_flag(table, "exposure", options.exposure)
    if options.exposure is None:
        exposure = _long_exposure(numbers, spend)
    reach, frequency = (_called(numbers, signs) for signs in (words.REACH, words.FREQUENCY))
    if reach and frequency and not table.is_daily and options.exposure in (None, reach):
        exposure = reach
    else:
        frequency = None
    people = _called(numbers, words.POPULATION) if frequency else None
    found = {"spend": spend, "exposure": exposure, "frequency": frequency, "population": people}
    return {
        "layout": "long",
        "channel": table.channel.name,
        **({"campaign": table.campaign.name} if table.campaign else {}),
        **{key: column for key, column in found.items() if column},
    }


def _named_by_flag(table: Frame, key: str, pattern: str | None) -> str | None:
    named = match_patterns(pattern or "", table.profile.names)
    if len(named) > 1:
        raise GuessError(f"--{key}: {named} are several columns, a long table has one")
    return named[0] if named else None


def _called(numbers: Sequence[Column], signs: frozenset[str]) -> str | None:
    """The only column with one of these words in its name."""
    found = [c.name for c in numbers if words.has(c.name, signs)]
    return found[0] if len(found) == 1 else None


def _long_spend(numbers: Sequence[Column]) -> str | None:
    spent = [c.name for c in numbers if words.has(c.name, words.SPEND)]
    planned = [c.name for c in numbers if words.has(c.name, words.BUDGET)]
    return next(iter(spent + planned), None)


def _long_exposure(numbers: Sequence[Column], spend: str | None) -> str | None:
    ranked = [(words.exposure_rank(c.name), c.place, c.name) for c in numbers]
    best = min(((r, place, name) for r, place, name in ranked if r is not None), default=None)
    return best[2] if best and best[2] != spend else None


def _find_controls(
    tables: Sequence[Frame],
    media_table: Frame,
    columns: dict[Frame, ColumnRoles],
    options: InitOptions,
) -> tuple[Frame | None, dict[str, Any]]:
    """Find the first table with controls, and the keys of ``tables.controls`` that name them."""
    if options.controls == "":
        return None, {}
    for table in tables:
        if table.control and table is not media_table:
            value = next(c for c in table.profile.columns if is_value(c))
            return table, {"layout": "long", "control": table.control.name, "value": value.name}
        if table in columns and columns[table].controls:
            return table, {"layout": "wide", "columns": list(columns[table].controls)}
    return None, {}


def require_patterns(tables: Sequence[Frame], options: InitOptions) -> None:
    """Refuse a flag that names columns of which there is none.

    Raises
    ------
    GuessError
        Names the flag, the pattern and the columns.
    """
    names = [name for table in tables for name in table.profile.names]
    for flag in ("spend", "exposure", "controls"):
        for part in filter(None, (p.strip() for p in (getattr(options, flag) or "").split(","))):
            if not match_patterns(part, names):
                there = ", ".join(dict.fromkeys(names))
                raise GuessError(f"--{flag}: no column matches '{part}'; the columns are {there}")
