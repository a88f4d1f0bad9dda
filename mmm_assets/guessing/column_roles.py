"""Sort the columns of a wide table into spend, exposure, controls, and what is left out."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmm_assets.config.channel_kinds import SEARCH
from mmm_assets.guessing import words
from mmm_assets.guessing.frame import InitOptions, mostly_number
from mmm_assets.guessing.profile import Column, TableProfile
from mmm_assets.inputs.panel_building import MOST_WORDS

_SEASON = frozenset({"seas", "season", "seasonal", "seasonality", "trend", "fourier", "sin", "cos"})


@dataclass
class ColumnRoles:
    """The columns of a wide table by what they are.

    Parameters
    ----------
    spend, exposure, frequency
        Channel → column; exposure of a channel with a frequency is reach.
    population
        Column of the people in a region, where a channel has a frequency.
    controls
        Columns.
    left_out
        Column → why it is not used.
    """

    spend: dict[str, str] = field(default_factory=dict)
    exposure: dict[str, str] = field(default_factory=dict)
    frequency: dict[str, str] = field(default_factory=dict)
    population: str | None = None
    controls: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    assumed_spend: bool = False

    @property
    def channels(self) -> list[str]:
        """All channels."""
        return list({**self.spend, **self.exposure})

    def mapping(self) -> dict[str, Any]:
        """The keys of ``tables.media``."""
        keys = ("spend", "exposure", "frequency", "population")
        return {key: value for key in keys if (value := getattr(self, key))}

    def describe(self) -> list[str]:
        """Say what each channel is made of."""
        lines = []
        for name in self.channels:
            parts = [
                f"{what} '{columns[name]}'"
                for what, columns in (
                    ("spend", self.spend),
                    ("reach" if name in self.frequency else "exposure", self.exposure),
                    ("frequency", self.frequency),
                )
                if name in columns
            ]
            lines.append(f"{name}: {', '.join(parts)}")
        if self.assumed_spend:
            lines.append("(no column says what it measures: all are taken as spend)")
        return lines


def match_patterns(patterns: str, names: Sequence[str]) -> list[str]:
    """Columns that a comma-separated list of names and globs means, in the table's order.

    A name that exists as written is that column, even if it reads like a glob.
    """
    found: set[str] = set()
    for pattern in filter(None, (part.strip() for part in patterns.split(","))):
        exact = [name for name in names if name == pattern]
        found.update(exact or [n for n in names if fnmatch.fnmatchcase(n.lower(), pattern.lower())])
    return [name for name in names if name in found]


def sort_columns(
    profile: TableProfile,
    taken: set[str],
    region: Column | None,
    options: InitOptions,
    assume_media: bool,
    of_weeks: bool = True,
) -> ColumnRoles:
    """Give every column of a wide table a role.

    Parameters
    ----------
    taken
        Columns whose role is known: weeks, regions, the KPI.
    options
        ``spend``, ``exposure`` and ``controls`` settle a role; None leaves it to be guessed.
    assume_media
        Where no column says that it is spend or exposure, take those that may be as spend.
    of_weeks
        Whether rows are of weeks: reach of days does not add up.
    """
    names = profile.names
    robyn = sum(name.endswith("_S") for name in names) >= 2
    roles = ColumnRoles()
    chosen = {
        flag: match_patterns(pattern, names) if pattern is not None else None
        for flag, pattern in (
            ("spend", options.spend),
            ("exposure", options.exposure),
            ("controls", options.controls),
        )
    }
    settled = taken | {name for found in chosen.values() for name in found or []}
    free = [c for c in profile.columns if c.name not in settled]
    usable = []
    for column in free:
        why = _never(profile, column, region)
        if why:
            roles.left_out[column.name or "(no name)"] = why
        else:
            usable.append(column)

    _take_spend(profile, usable, chosen["spend"], robyn, roles)
    _take_exposure(usable, chosen["exposure"], robyn, roles)
    if of_weeks:
        _take_frequency([c for c in profile.columns if c.name not in taken], roles)
    used = {
        *roles.spend.values(),
        *roles.exposure.values(),
        *roles.frequency.values(),
        *roles.left_out,
        roles.population,
    }
    rest = [c for c in usable if c.name not in used]
    if assume_media and not roles.channels and chosen["spend"] is None:
        bare = [c for c in rest if _is_bare_media(c)] or [c for c in rest if _may_be_media(c)]
        if chosen["exposure"] is None and bare:
            roles.spend = {words.channel_name(c.name): c.name for c in bare}
            roles.assumed_spend = True
            rest = [c for c in rest if c not in bare]
    _take_controls(rest, chosen["controls"], roles)
    for column in usable:
        if column.name in roles.left_out and options.controls is None:
            roles.left_out[column.name] += _way_back(column, roles)
    return roles


def _way_back(column: Column, roles: ColumnRoles) -> str:
    """Say how much money a column holds, and by which flag it comes back."""
    if words.is_spend(column.name) or words.has(column.name, words.BUDGET):
        flag, beside = "--spend", list(roles.spend.values())
    elif words.exposure_rank(column.name) is not None:
        flag, beside = "--exposure", list(roles.exposure.values())
    else:
        flag, beside = "--controls", roles.controls
    money = f"; {column.total:,.0f} of money is in it" if flag == "--spend" else ""
    names = ",".join([*beside, column.name])
    return f"{money} ({flag} '{names}' takes it)"


def _take_spend(
    profile: TableProfile,
    columns: Iterable[Column],
    chosen: list[str] | None,
    robyn: bool,
    roles: ColumnRoles,
) -> None:
    if chosen is not None:
        roles.spend = _by_channel(chosen, robyn, {}, roles)
        return
    numbers = [c for c in columns if mostly_number(c)]
    found = [c for c in numbers if words.is_spend(c.name) or (robyn and c.name.endswith("_S"))]
    planned = [c for c in numbers if words.has(c.name, words.BUDGET) and c not in found]
    if not found:
        found, planned = [c for c in planned if not words.has(c.name, words.CONTROL)], []
    for column in planned:
        roles.left_out[column.name] = "money that was planned; what was spent is there"
    for column in list(found):
        parts = [c for c in found if c is not column]
        named = bool(parts) and words.is_total(column.name)
        if named or profile.is_sum(column, parts):
            roles.left_out[column.name] = "the sum of other columns"
            found.remove(column)
    roles.spend = _by_channel([c.name for c in found], robyn, {}, roles)


def _take_exposure(
    columns: Sequence[Column], chosen: list[str] | None, robyn: bool, roles: ColumnRoles
) -> None:
    if chosen is not None:
        roles.exposure = _by_channel(chosen, robyn, roles.spend, roles)
        return
    channels = {words.channel_key(name) for name in roles.spend}
    found: list[tuple[int, Column]] = []
    for column in columns:
        if not mostly_number(column) or column.name in roles.spend.values():
            continue
        if column.name in roles.left_out:
            continue
        rank = words.exposure_rank(column.name)
        name = _exposed_channel(column.name, robyn, channels)
        if robyn and column.name[-2:] in ("_I", "_P"):
            found.append((rank if rank is not None else 3, column))
        elif rank is not None and (rank < 4 or name in channels):
            found.append((rank, column))
        elif words.channel_key(column.name) in channels:
            found.append((0, column))
        elif (channels or found) and _is_bare_media(column) and not _is_outcome(column.name):
            found.append((3, column))  # organic: no spend, but people see it
    best: dict[tuple[str, ...], tuple[int, Column]] = {}
    for rank, column in sorted(found, key=lambda pair: pair[0]):
        name = _exposed_channel(column.name, robyn, channels)
        if name in best:
            better = best[name][1].name
            roles.left_out[column.name] = f"'{better}' says more about the same channel"
        else:
            best[name] = rank, column
    kept = sorted((column for _, column in best.values()), key=lambda column: column.place)
    roles.exposure = _by_channel([c.name for c in kept], robyn, roles.spend, roles)


def _take_frequency(columns: Sequence[Column], roles: ColumnRoles) -> None:
    """Read channels that have both reach and frequency by these, in place of impressions."""
    numbers = [c for c in columns if mostly_number(c)]
    known = {words.channel_key(name): name for name in roles.channels}
    reach = {
        _exposed_channel(c.name, False, known): c for c in numbers if words.has(c.name, words.REACH)
    }
    for column in numbers:
        key = _exposed_channel(column.name, False, known)
        if not words.has(column.name, words.FREQUENCY) or key not in reach or key not in known:
            continue
        name, reached = known[key], reach[key].name
        before = roles.exposure.get(name, reached)
        if before != reached:
            roles.left_out[before] = "reach and frequency say more about the same channel"
        roles.exposure[name], roles.frequency[name] = reached, column.name
        for taken in (reached, column.name):
            roles.left_out.pop(taken, None)
    people = [c for c in numbers if words.has(c.name, words.POPULATION)]
    if roles.frequency and people:
        roles.population = people[0].name
        roles.left_out.pop(people[0].name, None)


def _exposed_channel(
    column: str, robyn: bool, channels: Collection[tuple[str, ...]]
) -> tuple[str, ...]:
    """Channel of a column of exposure, by the words that its name shares with one of spend."""
    short = words.channel_name(column, robyn)
    for prefix, signs in words.PREFIXES.items():
        prefixed = words.channel_key(f"{prefix}_{short}")
        if words.has(column, signs) and prefixed in channels:
            return prefixed
    return words.channel_key(short)


def _take_controls(columns: Sequence[Column], chosen: list[str] | None, roles: ColumnRoles) -> None:
    if chosen is not None:
        roles.controls = chosen
        for column in columns:
            roles.left_out[column.name] = "not among --controls"
        return
    for column in columns:
        why = _no_control(column)
        if why:
            roles.left_out[column.name] = why
        else:
            roles.controls.append(column.name)


def _by_channel(
    names: Sequence[str], robyn: bool, known: dict[str, str], roles: ColumnRoles
) -> dict[str, str]:
    """Channel → column; a channel that is known keeps its name."""
    spelling = {words.channel_key(name): name for name in known}
    shortened = [words.channel_name(name, robyn) for name in names]
    found: dict[str, str] = {}
    for column, short in zip(names, shortened, strict=True):
        name = spelling.get(_exposed_channel(column, robyn, spelling), short)
        if name in found:
            roles.left_out[column] = f"'{found[name]}' is there for the same channel"
        else:
            found[name] = column
    return found


def _never(profile: TableProfile, column: Column, region: Column | None) -> str | None:
    """Why a column can have no role at all."""
    name = set(words.tokens(column.name))
    calendar = words.CALENDAR | words.ROW | words.WEEK
    if column.filled == 0:
        return "it is empty"
    if words.is_spend(column.name) and not mostly_number(column):
        return f"it is called spend, but '{column.unread}' is not read as a number"
    if not name - calendar and not column.name.strip().isdigit():
        return "it counts rows or time; the model has its own trend and seasons"
    if name & _SEASON and not words.says_spend(column.name):
        return "the model has its own trend and seasons"
    if name & words.DERIVED and not words.is_spend(column.name):
        return "it looks like the result of a model"
    if not profile.varies_within(column, region):
        return "it never changes" + (" within a region" if region else "")
    per = "per" in name and not name & words.CONTROL
    if per or (name & words.IGNORED_EXPOSURE and not words.says_spend(column.name)):
        return "it is a ratio"
    return None


def _no_control(column: Column) -> str | None:
    """Why a column that is no media is no control either."""
    name = set(words.tokens(column.name))
    if name & words.OUTSIDE:
        return None
    if _is_outcome(column.name):
        return (
            "another result of marketing: in the KPI's table it may be a further KPI "
            f"(tables.kpi.more: {{{column.name}: {{}}}}); as a control it would hide what media "
            "bring"
        )
    if name & words.ASKED or (name & SEARCH and words.exposure_rank(column.name) is not None):
        return "what people search for is a result of media, too"
    if name & words.KNOWN:
        return "what people know of the brand is a result of media, too"
    many = column.numbers == 0 and len(column.words) > MOST_WORDS
    if many or (column.numbers < column.filled and not column.words):
        return f"text with more than {MOST_WORDS} different words"
    return None


def _is_outcome(name: str) -> bool:
    found = set(words.tokens(name))
    signs = frozenset().union(*(signs for signs, _ in words.KPI)) - {"y"}
    own = found & (words.CONTROL - {"rate", "index"})
    return bool(found & signs and not own) or re.fullmatch(r"y\d*", name.lower()) is not None


def _is_bare_media(column: Column) -> bool:
    """A column named after a medium, or numbered like one, without a word of what it measures."""
    if not mostly_number(column) or column.lowest < 0:
        return False
    name = words.tokens(column.name)
    numbered = re.match(r"x_?\d+(?![a-z0-9])", column.name.lower()) is not None
    named = bool({"media", "channel"} & set(name)) and not set(name) & words.CONTROL
    return numbered or named or words.is_channel(column.name)


def _may_be_media(column: Column) -> bool:
    """The last resort: amounts that are not known to be anything else."""
    name = set(words.tokens(column.name))
    known = words.CONTROL | words.OUTSIDE | words.ASKED | words.VALUE
    return (
        mostly_number(column)
        and column.lowest >= 0
        and column.different > 10
        and not name & known
        and not _is_outcome(column.name)
        and re.match(r"[cz]_?\d*(?![a-z0-9])", column.name.lower()) is None
    )
