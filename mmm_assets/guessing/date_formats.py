"""How people write days and weeks: what `mmm init` tries. One more style is one more line."""

from __future__ import annotations

_DAYS: tuple[str, ...] = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%Y.%m.%d"),
    *("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%d %b %Y", "%d-%b-%Y"),
    *("%d-%b-%y", "%d %b %y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d. %B %Y"),
    *("%d/%b/%Y", "%d%b%Y", "%Y年%m月%d日"),
)
_WEEKDAYS = (
    *("%a %d/%m/%Y", "%a %m/%d/%Y", "%a %d.%m.%Y", "%a, %d %b %Y", "%a, %b %d, %Y"),
    *("%A, %B %d, %Y", "%A, %d %B %Y", "%a %b %d %Y"),
)
_TIMES = (" %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p")
WEEK_FORMATS = (
    *("%G-W%V", "%GW%V", "%G W%V", "%G-%V", "%G%V", "%G/%V", "W%V %G", "W%V-%G", "W%V/%G"),
    *("%G-KW%V", "%GKW%V", "%G KW%V", "%G KW %V", "%G/KW%V", "KW%V %G", "KW %V %G", "KW%V/%G"),
    *("KW %V/%G", "KW%V-%G", "KW%V.%G", "CW%V %G", "CW%V/%G", "%G-CW%V", "%G CW%V", "CW%V-%G"),
    *("Week %V %G", "Week %V, %G", "Week %V/%G", "%G Week %V", "Wk %V %G", "S%V %G", "%G-S%V"),
    *("%V/%G", "%V.%G", "%V-%G"),
)
"""ISO weeks with their year: each is its Monday."""
DATE_FORMATS: tuple[str | None, ...] = (
    None,
    *(day + time for time in ("", *_TIMES) for day in _DAYS),
    *_WEEKDAYS,
    *WEEK_FORMATS,
)
COUNTED_FROM = {
    "epoch seconds": (946_684_800, 2_208_988_800),
    "epoch milliseconds": (946_684_800_000, 2_208_988_800_000),
    "spreadsheet days": (36_526, 55_153),
}
"""Word of ``date_format`` → its numbers from the year 2000 to 2039 (spreadsheets: 2050)."""
