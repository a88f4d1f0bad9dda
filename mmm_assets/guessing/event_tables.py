"""A table of own events, known by its columns: days, names, perhaps regions, and no number."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from mmm_assets.guessing import words
from mmm_assets.guessing.profile import Column, TableProfile

_WEEK_DAYS = 7
_UNTIL = words.ENDS | {"to", "bis", "hasta", "jusqu"}


@dataclass(frozen=True)
class EventTable:
    """A table of events and its columns, see ``calendar.events``."""

    profile: TableProfile
    day: Column
    until: Column | None
    name: Column
    region: Column | None
    date_format: str | None


def find_events(profile: TableProfile) -> EventTable | None:
    """Tell a table of events from others; None where it is none.

    A table with a row for each week, as of holidays by week, is one of controls.
    """
    formats = {c: profile.date_format(c) for c in profile.columns if c.filled}
    dated = [column for column, (is_day, _, _) in formats.items() if is_day]
    texts = [c for c in profile.columns if c not in dated and c.numbers == 0 and c.filled]
    named = [c for c in texts if words.has(c.name, words.EVENT)]
    if not dated or not named or any(c.numbers for c in profile.columns if c not in dated):
        return None
    day = next((c for c in dated if words.has(c.name, words.BEGINS)), dated[0])
    date_format = formats[day][1]
    days = profile.days(day, date_format)
    apart = {(later - before).days for before, later in pairwise(days)}
    if apart <= {1} or apart <= {_WEEK_DAYS}:
        return None
    after = [c for c in dated if c is not day and words.has(c.name, _UNTIL)]
    return EventTable(
        profile,
        day,
        next((c for c in after if formats[c][1] == date_format), None),
        named[0],
        next((c for c in texts if words.has(c.name, words.REGION)), None),
        date_format,
    )
