"""Find what tells a table's rows apart: its weeks, its regions, its channels or controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from mmm_assets.guessing import shapes, words
from mmm_assets.guessing.profile import Column, TableProfile
from mmm_assets.guessing.queries import Query


@dataclass(frozen=True)
class InitOptions:
    """The flags of ``mmm init``; what is None is guessed.

    Parameters
    ----------
    out
        Folder of the configuration; sources are written relative to it.
    value_per_kpi
        Name of a column, or a number.
    spend, exposure, controls
        Names or globs of columns, separated by commas; an empty text means none.
    time_zone
        Zone whose days count, where a table that is recognised holds instants.
    servers
        Addresses of PostgreSQL servers whose tables are looked at, too.
    """

    out: Path
    week: str | None = None
    week_origin: date | None = None
    region: str | None = None
    kpi: str | None = None
    value_per_kpi: str | None = None
    spend: str | None = None
    exposure: str | None = None
    controls: str | None = None
    holdout_weeks: int = 8
    currency: str | None = None
    time_zone: str | None = None
    servers: tuple[str, ...] = ()

    @property
    def names_columns(self) -> bool:
        """Whether a flag says what the columns of a table are."""
        return any((self.week, self.region, self.spend, self.exposure))


class GuessError(ValueError):
    """The tables do not say enough; the message names the flag to give."""


@dataclass(frozen=True)
class Frame:
    """A table with its weeks and regions found; ``query``, if it is not read as it lies.

    ``is_daily`` says that its days lie closer than weeks.
    """

    profile: TableProfile
    week: Column
    date_format: str | None
    is_index: bool
    region: Column | None
    channel: Column | None = None
    control: Column | None = None
    query: Query | None = None
    is_daily: bool = False
    campaign: Column | None = None

    @property
    def keys(self) -> set[str]:
        """Names of the columns that tell the rows apart."""
        found = (self.week, self.region, self.channel, self.control, self.campaign)
        return {column.name for column in found if column}


def find_frame(profile: TableProfile, options: InitOptions, said: list[str]) -> Frame:
    """Find the weeks, the regions and, in a long table, the channels or controls."""
    week = _find_week(profile, options)
    is_date, date_format, ambiguous = profile.date_format(week)
    if is_date and ambiguous:
        said.append(
            f"{profile.file.name}: dates in '{week.name}' are read as {date_format}; day and "
            "month could be the other way round (date_format in mmm.yaml)"
        )
    days = profile.days(week, date_format) if is_date else []
    apart = sorted((later - day).days for day, later in pairwise(days))
    if apart and apart[len(apart) // 2] > 10:
        raise GuessError(
            f"{profile.file.name}: the days of '{week.name}' are {apart[len(apart) // 2]} apart; "
            "weeks or days are needed. Deliver weeks, or name another column with --week"
        )
    _refuse(shapes.row_for_each_measure(profile, week))
    daily = bool(apart) and apart[len(apart) // 2] < 7
    frame = Frame(profile, week, date_format, not is_date, None, is_daily=daily)
    if not is_date and not (week.is_number and week.whole and week.highest < 100_000):
        cell = week.words[0] if week.words else f"{week.lowest:.0f}"
        raise GuessError(
            f"{profile.file.name}: the values of '{week.name}', such as '{cell}', are neither "
            "dates nor numbers of weeks. Give the column of weeks with --week"
        )
    channel = _find_names(profile, frame, words.CHANNEL, _is_media_measure)
    control = None
    if channel is None:
        control = _find_names(profile, frame, words.CONTROL_NAME, shapes.is_value)
    if control:
        _refuse(shapes.one_table_for_all(profile, control))
    frame = replace(frame, channel=channel, control=control)
    frame = replace(frame, campaign=_find_campaign(profile, frame))
    return replace(frame, region=_find_region(profile, frame, options))


def _refuse(fault: str | None) -> None:
    if fault:
        raise GuessError(fault)


def _find_week(profile: TableProfile, options: InitOptions) -> Column:
    if options.week:
        column = profile.column(options.week)
        if column:
            return column
        raise GuessError(no_column(profile, "--week", options.week))
    dated = [c for c in profile.columns if c.filled and profile.date_format(c)[0]]
    dated.sort(key=lambda c: not words.has(c.name, words.WEEK))
    if dated:
        return dated[0]
    numbered = [
        c
        for c in profile.columns
        if c.is_number and c.whole and c.different > 1 and c.highest - c.lowest < 4 * c.different
    ]
    for sign in (words.WEEK, frozenset({"t", "index"})):
        for column in numbered:
            if words.has(column.name, sign):
                return column
    raise GuessError(
        f"{profile.file.name}: no column holds dates or numbered weeks. "
        f"{shapes.called_like_weeks(profile)}Give it with --week; the columns are {listed(profile)}"
    )


def _find_names(
    profile: TableProfile, frame: Frame, signs: frozenset[str], measure: Callable[[Column], bool]
) -> Column | None:
    """Column that names the channel or control of each row, if the table is long."""
    if not any(measure(c) for c in profile.columns):
        return None
    for column in profile.columns:
        named = words.has(column.name, signs) or (
            len(column.words) > 1 and all(words.is_channel(word) for word in column.words)
        )
        if named and column.numbers == 0 and column is not frame.week and column.different > 1:
            return column
    return None


def _find_campaign(profile: TableProfile, frame: Frame) -> Column | None:
    """Column that names the campaign of each row of a long table of media."""
    if not frame.channel:
        return None
    named = [
        c
        for c in profile.columns
        if c not in (frame.week, frame.channel)
        and words.has(c.name, words.CAMPAIGN)
        and c.numbers < c.filled
        and c.different > 1
    ]
    return named[0] if len(named) == 1 else None


def _is_media_measure(column: Column) -> bool:
    return words.has(column.name, words.SPEND | words.BUDGET) or (
        words.exposure_rank(column.name) is not None
    )


def _find_region(profile: TableProfile, frame: Frame, options: InitOptions) -> Column | None:
    rest = [c for c in (frame.week, frame.channel, frame.control, frame.campaign) if c]
    if options.region:
        column = profile.column(options.region)
        if column is None and not profile.are_keys(rest):
            raise GuessError(no_column(profile, "--region", options.region))
        return column
    named = [
        c
        for c in profile.columns
        if c not in rest
        and words.has(c.name, words.REGION)
        and (c.numbers < c.filled or c.whole)
        and len(words.tokens(c.name)) <= 3
    ]
    if profile.are_keys(rest):  # what differs from week to week, as store visits do, is no region
        return next((c for c in named if c.different == 1), None)
    for column in sorted(named, key=lambda c: c.different):
        if profile.are_keys([*rest, column]):
            return column
    if named:
        return named[0]
    if frame.channel or frame.control:
        raise GuessError(
            f"{profile.file.name}: more than one row for a week and "
            f"'{(frame.channel or rest[-1]).name}'. Give the column of regions with --region, or "
            "add the rows up first (campaigns to channels, say)"
        )
    years = [c for c in profile.columns if c.name.lower() in ("year", "jahr", "yr")]
    if frame.is_index and years and frame.week.highest <= 53:
        raise GuessError(
            f"{profile.file.name}: '{frame.week.name}' begins again each year. Deliver one column "
            f"that holds both, e.g. 2024-W05 or the date of the Monday, and name it with --week"
        )
    for column in profile.columns:
        is_text = column.numbers < column.filled
        if is_text and column not in rest and profile.are_keys([*rest, column]):
            return column
    _refuse(shapes.row_twice(profile, frame.week))
    raise GuessError(
        f"{profile.file.name}: the weeks of '{frame.week.name}' repeat, and no column tells the "
        f"rows apart. Give the column of regions with --region; the columns are "
        f"{listed(profile)}"
    )


def mostly_number(column: Column) -> bool:
    """Numbers, perhaps with a few mistakes among them for the checks to find."""
    return 0 < column.filled * 0.8 <= column.numbers


def no_column(profile: TableProfile, flag: str, name: str) -> str:
    """Say that a flag names a column that is not there."""
    return f"{flag}: {profile.file.name} has no column '{name}'; its columns are {listed(profile)}"


def listed(profile: TableProfile) -> str:
    """List a table's columns."""
    return ", ".join(profile.names)
