"""Tests in words and as tables of text: for the terminal, the page and Dagster's metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mmm_assets.mart.numbers import money, number, percent

DOING = {
    "holdback": "hold {channel} back in {where}",
    "go_dark": "stop {channel} in {where}",
    "heavy_up": "double {channel} in {where}",
    "switchback": "stop {channel} everywhere every other fortnight",
}
"""Kind of test → what is done."""


def place(regions: str) -> str:
    """Regions of a test in words: two by name, the rest counted."""
    names = regions.split("|")
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} more regions"


def doing(row: Mapping[Any, Any]) -> str:
    """What a test does: ``hold display back in Umbria for 4 weeks``."""
    said = DOING[row["kind"]].format(channel=row["channel"], where=place(row["regions"]))
    return f"{said} for {row['weeks']:.0f} weeks"


def idea_words(ideas: pd.DataFrame, currency: str, kpi_name: str) -> list[str]:
    """Lines about the test that pays most."""
    if ideas.empty:
        return [
            "No test is proposed: that needs the draws of a posterior, 50 at least "
            "(model.estimator: posterior, model.members), and channels whose spend is known."
        ]
    first = ideas.iloc[0].to_dict()

    def amount(value: float) -> str:
        return money(value, currency) if first["unit"] == "money" else f"{number(value)} {kpi_name}"

    worth = f"knowing is worth {amount(first['worth'])} over {first['use_weeks']:.0f} weeks"
    costs = (
        f"the test costs {amount(first['cost'])}"
        if first["cost"] > 0
        else f"the test saves {amount(-first['cost'])}"
    )
    sees = (
        f"It would find a lift with a chance of {percent(first['power'])} and removes "
        f"{percent(first['known'])} of the doubt about it."
    )
    if first["net"] > 0:
        return [f"Next: {doing(first)}; {worth}, {costs}. {sees}"]
    return [f"No test pays for itself now. The nearest: {doing(first)}; {worth}, {costs}. {sees}"]


def idea_table(ideas: pd.DataFrame) -> pd.DataFrame:
    """One row per idea, every cell as text."""
    rows = [
        (
            f"{row['rank']:.0f}",
            row["channel"],
            row["kind"],
            f"{row['weeks']:.0f}",
            place(row["regions"]),
            number(row["worth"]),
            number(row["cost"]),
            number(row["net"]),
            percent(row["power"]),
            number(row["smallest"]),
            age(row),
        )
        for row in ideas.to_dict("records")
    ]
    names: Sequence[str] = (
        "#", "channel", "kind", "weeks", "regions", "worth", "cost", "net", "power",
        "smallest lift a week", "last test",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(names))


def age(row: Mapping[Any, Any]) -> str:
    """How long ago a channel was tested last."""
    weeks = row["age_weeks"]
    return "never" if pd.isna(weeks) else f"{weeks:.0f} weeks ago"
