"""Two plausible plans of record: one that ended with less than it promised, one that runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

LONG, OVER = 13, 5
"""Weeks of a plan, and of the running one how many are over."""

_OFF = {"Q3 plan": -0.09, "Q4 plan": 0.012}
_CAUSES = ("spend", "media cost", "controls", "response", "baseline", "noise")
_SHARES = (0.3, 0.1, -0.15, 0.45, 0.2, 0.1)


def invented_plans(week: date, channels: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Rows of the tables of plans, known in the refresh of a week."""
    last = {"Q3 plan": week - timedelta(weeks=OVER), "Q4 plan": week + timedelta(weeks=LONG - OVER)}
    found: dict[str, list[pd.DataFrame]] = {}
    for (name, off), end in zip(_OFF.items(), last.values(), strict=True):
        for table, rows in _plan(name, off, end, week, channels).items():
            found.setdefault(table, []).append(rows.assign(plan=name))
    return {table: pd.concat(parts, ignore_index=True) for table, parts in found.items()}


def _plan(
    name: str, off: float, last: date, week: date, channels: Sequence[str]
) -> dict[str, pd.DataFrame]:
    first = last - timedelta(weeks=LONG - 1)
    weeks = pd.date_range(pd.Timestamp(first), periods=LONG, freq="7D")
    over = int((weeks <= pd.Timestamp(week)).sum())
    promised = 52_000 + 4_000 * np.sin(np.arange(LONG))
    so_far, width = np.cumsum(promised), 2_900 * np.sqrt(np.arange(1, LONG + 1)) + 700
    money = 90_000 / np.arange(1, len(channels) + 1)
    spent = money * (1 + 0.08 * np.cos(np.arange(len(channels))))
    came = promised[:over] * (1 + off)
    made = pd.Timestamp(first - timedelta(weeks=1))
    gap = came.sum() - so_far[over - 1]
    plans = pd.DataFrame(
        {
            "refresh_week": [made],
            "adopted_at": [made + pd.Timedelta(days=8)],
            "who": ["Ann"],
            "reason": ["agreed with finance"],
            "asked": ["multiplier 1.00, 13 weeks"],
            "run_id": ["invented"],
            "final_hash": ["invented"],
            "first_week": [first],
            "last_week": [last],
            "spend": [money.sum() * LONG],
            "before_spend": [money.sum() * LONG],
            "kpi": [so_far[-1]],
            "lower": [so_far[-1] - width[-1]],
            "upper": [so_far[-1] + width[-1]],
            "gain": [14_000.0],
            "gain_lower": [2_000.0],
            "gain_upper": [26_000.0],
        }
    )
    lines = pd.DataFrame(
        {
            "refresh_week": made,
            "week": weeks,
            "spend": money.sum(),
            "kpi": promised,
            "lower": promised - 3_600,
            "upper": promised + 3_600,
            "kpi_to_date": so_far,
            "lower_to_date": so_far - width,
            "upper_to_date": so_far + width,
        }
    )
    by_week = pd.DataFrame(
        {
            "part": "week",
            "week": weeks[:over],
            "planned_spend": money.sum(),
            "spend": spent.sum(),
            "promised": promised[:over],
            "kpi": came,
        }
    )
    by_channel = pd.DataFrame(
        {
            "part": "so far",
            "channel": list(channels),
            "planned_spend": money * over,
            "spend": spent * over,
            "promised": 0.1 * money * over,
            "kpi": 0.1 * spent * over,
        }
    )
    track, causes, moves = [by_week, by_channel], pd.DataFrame(), pd.DataFrame()
    if over < LONG:
        end = so_far[-1] + gap
        ends = pd.DataFrame(
            {
                "part": ["to the end"],
                "promised": [so_far[-1]],
                "kpi": [end],
                "lower": [end - 8_000],
                "upper": [end + 8_000],
            }
        )
        track.append(ends)
        shift = np.where(np.arange(len(channels)) % 2, 0.9, 1.1)
        advised = money * shift * money.sum() / (money * shift).sum()
        moves = pd.DataFrame(
            {
                "channel": [None, *channels],
                "planned_spend": np.r_[money.sum(), money] * (LONG - over),
                "advised_spend": np.r_[money.sum(), advised] * (LONG - over),
                "gain": [2_300.0] + [None] * len(channels),
                "lower": [300.0] + [None] * len(channels),
                "upper": [4_400.0] + [None] * len(channels),
            }
        )
    causes = pd.DataFrame(
        {
            "cause": _CAUSES,
            "kpi": gap * np.array(_SHARES),
            "lower": gap * np.array(_SHARES) - 2_000,
            "upper": gap * np.array(_SHARES) + 2_000,
            "place": range(len(_CAUSES)),
        }
    )
    score = pd.DataFrame(
        {
            "status": ["running" if over < LONG else "ended"],
            "weeks": [LONG],
            "weeks_over": [over],
            "planned_spend": [money.sum() * over],
            "spend": [spent.sum() * over],
            "promised": [so_far[over - 1]],
            "lower": [so_far[over - 1] - width[over - 1]],
            "upper": [so_far[over - 1] + width[over - 1]],
            "kpi": [came.sum()],
            "inside": [abs(gap) <= width[over - 1]],
            "promised_gain": [14_000.0],
            "gain": [5_000.0 + 100 * over],
            "gain_lower": [-1_000.0 + 200 * over],
            "gain_upper": [11_000.0],
            "gain_probability": [0.93],
            "spent_gain": [4_000.0],
            "spent_gain_lower": [-2_000.0],
            "spent_gain_upper": [10_000.0],
            "unknown_cells": [0],
            "note": [""],
        }
    )
    return {
        "plans": plans,
        "plan_lines": lines,
        "plan_track": pd.concat(track, ignore_index=True),
        "plan_causes": causes,
        "plan_moves": moves,
        "plan_scores": score,
    }
