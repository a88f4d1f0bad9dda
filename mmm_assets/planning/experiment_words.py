"""Tests in words and as tables of text: for the terminal, the page and Dagster's metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from mmm_assets.mart.numbers import money, number, percent

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig
    from mmm_assets.planning.experiments import Designs
    from mmm_model.experiment.design import Design
    from mmm_model.experiment.reading import Reading

DOING = {
    "holdback": "hold {channel} back in {where}",
    "go_dark": "stop {channel} in {where}",
    "heavy_up": "double {channel} in {where}",
    "switchback": "stop {channel} everywhere every other fortnight",
}
"""Kind of test → what is done."""

_LIKELY = 0.5
"""Power below which a test is more likely to find nothing."""


def place(regions: str) -> str:
    """Regions of a test in words: two by name, the rest counted."""
    names = regions.split("|")
    if len(names) <= 2:
        return " and ".join(names)
    more = len(names) - 2
    return f"{names[0]}, {names[1]} and {more} more region{'s' if more > 1 else ''}"


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
        else f"the test {_gains(first['spend_change'])} {amount(-first['cost'])}"
    )
    sees = (
        f"It would find a lift with a chance of {percent(first['power'])} and removes "
        f"{percent(first['known'])} of the doubt about it."
    )
    if first["power"] < _LIKELY:
        sees += " By itself it will hardly show anything."
    if round(first["net"]) > 0:
        return [f"Next: {doing(first)}; {worth}, {costs}. {sees}"]
    return [f"No test pays for itself now. The nearest: {doing(first)}; {worth}, {costs}. {sees}"]


def _gains(spend_change: float) -> str:
    """What a test does whose cost is below nought."""
    return "saves" if spend_change < 0 else "earns"


def idea_table(ideas: pd.DataFrame) -> pd.DataFrame:
    """One row per idea, every cell as text."""
    rows = [
        (
            row["channel"],
            row["kind"],
            f"{row['weeks']:.0f}",
            f"{row['regions'].count('|') + 1}",
            whole(row["worth"]),
            whole(row["cost"]),
            percent(row["power"]),
            number(row["smallest"]),
            age(row),
        )
        for row in ideas.to_dict("records")
    ]
    names: Sequence[str] = (
        "channel", "kind", "weeks", "regions", "worth", "cost", "power", "smallest seen",
        "last test",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(names))


def whole(value: float) -> str:
    """A rounded amount: what a test is worth is known to a digit or two."""
    return number(round(value), scaled=False) if value == value else number(value)


def age(row: Mapping[Any, Any]) -> str:
    """How long ago a channel was tested last."""
    weeks = row["age_weeks"]
    return "never" if pd.isna(weeks) else f"{weeks:.0f} weeks ago"


def design_table(designs: Designs) -> pd.DataFrame:
    """One row per design, every cell as text; the one to take has a star."""
    rows = [
        (
            f"{place + 1}{'*' if place == designs.best else ''}",
            one.kind.name,
            f"{one.weeks}",
            f"{len(one.regions)}",
            whole(one.cost),
            whole(float(designs.worth[place])),
            number(float(one.lift.mean()), signed=True),
            number(one.smallest),
            percent(one.power),
            percent(one.nothing.false),
        )
        for place, one in enumerate(designs.found)
    ]
    names: Sequence[str] = (
        "#", "kind", "weeks", "regions", "cost", "worth", "expected", "smallest seen", "power",
        "A/A",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(names))


def design_words(design: Design, worth: float, about: ProjectConfig) -> list[str]:
    """What a design does, costs, is worth and can see."""
    kpi_name, currency = about.kpi_name, about.currency
    lower, upper = design.interval
    row = {"kind": design.kind.name, "channel": design.channel, "weeks": design.weeks}
    what = doing({**row, "regions": "|".join(design.regions)})
    beside = (
        f"Held against {len(design.beside)} regions without it."
        if design.beside
        else "Held against trend and season, for there are no regions without it."
    )
    costs = "What it costs is unknown without a value of the KPI."
    if design.cost == design.cost:
        costs = (
            f"It costs {money(design.cost, currency)}"
            if design.cost > 0
            else f"It {_gains(design.spend_change)} {money(-design.cost, currency)}"
        ) + f": spend {number(design.spend_change, signed=True, scaled=False)} {currency}, "
        costs += f"{number(design.kpi_change, signed=True)} {kpi_name} expected."
        if worth == worth:
            pays = "" if worth > design.cost else ", so it does not pay for itself"
            weeks = about.experiments.use_weeks
            costs += f" Knowing is worth {money(worth, currency)} over {weeks} weeks{pays}."
    early = pd.Timedelta(days=about.days_early)
    first, last = design.start - early, design.end + pd.Timedelta(days=6) - early
    return [
        f"{what[0].upper()}{what[1:]}, from {first.date()} to {last.date()}. {beside}",
        costs,
        f"The model expects {number(float(design.lift.mean()), signed=True)} {kpi_name} a week, 90 "
        f"% interval {number(lower, signed=True)} to {number(upper, signed=True)}. The smallest "
        f"lift that four such tests of five would find: {number(design.smallest)}; chance of "
        f"finding one (power): {percent(design.power)}.",
        f"A/A: of {len(design.nothing.lifts)} past windows without a test it found something in "
        f"{percent(design.nothing.false)}; 10 % is promised.",
        "Regions: " + ", ".join(design.regions),
    ]


def reading_words(reading: Reading, kpi_name: str, currency: str) -> list[str]:
    """What a test found."""
    lower, upper = reading.interval
    verdict = "found" if lower > 0 or upper < 0 else "not told from nothing"
    share = reading.lift.value / reading.without if reading.without else float("nan")
    lines = [
        f"{reading.trial.channel}: {number(reading.lift.value, signed=True)} {kpi_name} a week "
        f"({percent(share, signed=True)}), 90 % interval {number(lower, signed=True)} to "
        f"{number(upper, signed=True)}: {verdict}.",
        f"How: {reading.method}; past windows found something in "
        f"{percent(reading.windows.false)} where 10 % is promised.",
    ]
    if reading.spend == reading.spend:
        spent = number(reading.spend, signed=True, scaled=False)
        lines.append(f"Spend changed by {spent} {currency} a week.")
    else:
        lines.append("The file has no spend: fill in delta_x, the change of spend a week.")
    return lines
