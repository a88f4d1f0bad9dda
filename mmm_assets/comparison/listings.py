"""Two results side by side in words: the same listings for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmm_assets.comparison.sides import Side
from mmm_assets.mart.numbers import MISSING, number, percent
from mmm_model.trust.verdicts import UNJUDGED

_HOLDOUT = {
    ("last_value", "skill"): "skill against last value",
    ("seasonal_naive", "skill"): "skill against last year",
    ("mmm", "relative_rmse"): "error over the mean",
    ("mmm", "coverage_90"): "inside 90 % intervals",
}
"""Of the pooled rows of ``mart.holdout_metrics``: reference and metric → words."""

_CURVES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "half_saturation": ("half saturation, a week", number),
    "current_saturation": ("reached today", percent),
    "slope": ("slope", number),
}


@dataclass(frozen=True)
class Listing:
    """A table of words; the first column names the row."""

    title: str
    rows: pd.DataFrame


def listings(a: Side, b: Side) -> list[Listing]:
    """Return all that is set side by side, from returns to gates."""
    return [
        Listing("ROI", _channels(a, b, _roi, "roi")),
        Listing("Contribution to the KPI", _channels(a, b, _contribution, "contribution")),
        Listing("Recommended weekly spend", _budgets(a, b)),
        Listing("Response curves", _curves(a, b)),
        Listing("Forecast of the held-out weeks", _holdout(a, b)),
        Listing("Trust tests", _tests(a, b)),
        Listing("Gates", _gates(a, b)),
    ]


def channels_of(a: Side, b: Side) -> list[str]:
    """Channels of both sides, those of the first in its order."""
    return list(dict.fromkeys([*a.channels, *b.channels]))


def largest_move(a: Side, b: Side) -> str:
    """Say which channel's ROI differs most, and whether by more than the first one's doubt."""
    before, now = (_by_channel(side) for side in (a, b))
    both = before.index.intersection(now.index)
    ratio = (now.loc[both, "roi"] / before.loc[both, "roi"].where(before["roi"] > 0) - 1).abs()
    if ratio.dropna().empty:
        return "No channel has an ROI on both sides."
    name = str(ratio.idxmax())
    old, new = _value(before, name, "roi"), _value(now, name, "roi")
    inside = _value(before, name, "roi_lower") <= new <= _value(before, name, "roi_upper")
    return (
        f"{name} differs most: an ROI of {number(old)} against {number(new)}, "
        f"{'inside' if inside else 'outside'} the interval of {a.name}."
    )


def _by_channel(side: Side) -> pd.DataFrame:
    return side.tables["channel_summary"].set_index("channel")


def _channels(a: Side, b: Side, cell: Callable[[pd.Series], str], column: str) -> pd.DataFrame:
    before, now = _by_channel(a), _by_channel(b)
    rows = [
        (name, *_pair(before, now, name, cell), _change(before, now, name, column))
        for name in channels_of(a, b)
    ]
    return pd.DataFrame(rows, columns=["channel", a.name, b.name, "change"])


def _pair(
    before: pd.DataFrame, now: pd.DataFrame, name: str, cell: Callable[[pd.Series], str]
) -> Iterator[str]:
    for side in (before, now):
        rows = [row for channel, row in side.iterrows() if channel == name]
        yield cell(rows[0]) if rows else MISSING


def _change(before: pd.DataFrame, now: pd.DataFrame, name: str, column: str) -> str:
    if name not in before.index or name not in now.index:
        return MISSING
    old, new = _value(before, name, column), _value(now, name, column)
    return percent(new / old - 1, signed=True) if old > 0 else MISSING


def _value(rows: pd.DataFrame, name: str, column: str) -> float:
    return float(rows[column].to_dict()[name])


def _roi(row: pd.Series) -> str:
    return _interval(row, "roi")


def _contribution(row: pd.Series) -> str:
    return _interval(row, "contribution")


def _interval(row: pd.Series, column: str) -> str:
    if pd.isna(row[column]):
        return MISSING
    ends = f"{number(row[f'{column}_lower'])} to {number(row[f'{column}_upper'])}"
    return f"{number(row[column])} [{ends}]"


def _budgets(a: Side, b: Side) -> pd.DataFrame:
    before, now = (_first_scenario(side) for side in (a, b))
    rows = [
        (
            name,
            *_pair(before, now, name, lambda row: number(row["optimal_spend"], scaled=False)),
            _change(before, now, name, "optimal_spend"),
        )
        for name in channels_of(a, b)
        if name in before.index or name in now.index
    ]
    return pd.DataFrame(rows, columns=["channel", a.name, b.name, "change"])


def _first_scenario(side: Side) -> pd.DataFrame:
    """The first scenario of a side by channel; of regions that were solved alone, their sum."""
    rows = side.tables["optimal_budgets"]
    rows = rows[rows["scenario"] == rows["scenario"].iloc[0]] if len(rows) else rows
    whole = rows[rows["region"].isna()]
    return (whole if len(whole) else rows).groupby("channel")[["optimal_spend"]].sum()


def _curves(a: Side, b: Side) -> pd.DataFrame:
    before, now = (side.tables["response_curve_parameters"].set_index("channel") for side in (a, b))
    rows = []
    for name in channels_of(a, b):
        for column, (words, write) in _CURVES.items():
            cells = _pair(before, now, name, lambda row: write(row[column]))  # noqa: B023
            rows.append((f"{name}: {words}", *cells))
    return pd.DataFrame(rows, columns=["channel", a.name, b.name])


def _holdout(a: Side, b: Side) -> pd.DataFrame:
    before, now = (_pooled(side) for side in (a, b))
    rows = [
        (words, *(percent(side.get(key), signed=key[1] == "skill") for side in (before, now)))
        for key, words in _HOLDOUT.items()
    ]
    return pd.DataFrame(rows, columns=["measure", a.name, b.name])


def _pooled(side: Side) -> dict[tuple[str, str], float]:
    rows = side.tables["holdout_metrics"]
    rows = rows[rows["scope"] == "pooled"]
    return dict(zip(zip(rows["model"], rows["metric"], strict=True), rows["value"], strict=True))


def _tests(a: Side, b: Side) -> pd.DataFrame:
    """Tests that judge; those that fit again, or look back, are a refresh's alone."""
    before, now = (_judged(side) for side in (a, b))
    rows = [
        (words, *(side.get(words, MISSING) for side in (before, now)))
        for words in dict.fromkeys([*before, *now])
    ]
    return pd.DataFrame(rows, columns=["test", a.name, b.name])


def _judged(side: Side) -> dict[str, str]:
    rows = side.tables["trust_tests"]
    rows = rows[rows["verdict"] != UNJUDGED]
    found = {}
    for row in rows.itertuples():
        of = f"{row.channel}: " if isinstance(row.channel, str) else ""
        words = f"{of}{row.test}, {row.measure}".replace("_", " ")
        found[words] = f"{number(row.value, scaled=False)}, {row.verdict}"
    return found


def _gates(a: Side, b: Side) -> pd.DataFrame:
    rows = [
        (name.replace("_", " "), *(side.broken[name] or "holds" for side in (a, b)))
        for name in a.broken
    ]
    return pd.DataFrame(rows, columns=["gate", a.name, b.name])
