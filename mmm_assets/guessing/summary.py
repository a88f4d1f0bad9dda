"""Tell a person what was guessed and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from mmm_assets.guessing import words
from mmm_assets.guessing.assignment import Assignment
from mmm_assets.guessing.content import kpi_days
from mmm_assets.guessing.profile import Column
from mmm_assets.guessing.unpaid import unpaid


def summarise(
    found: Assignment, content: Mapping[str, Any], left_out: Mapping[str, str]
) -> Iterator[str]:
    """List what the tables are and what is left out, a line each."""
    tables = content["tables"]
    yield from _weeks(
        tables["kpi"], kpi_days(found, content.get("week_origin")), content.get("week_start")
    )
    yield from _media(tables["media"], found)
    yield _controls(tables.get("controls"))
    yield from _kinds(tables.get("controls"), found)
    yield from unpaid(tables, found, left_out)
    calendar = content.get("calendar", {})
    if "week_origin" not in content and not {"country", "regions"} & set(calendar):
        yield "Holidays  none; calendar: {country: US} in mmm.yaml adds those of a country"
    if "lift_tests" in tables:
        yield f"Lift tests in {tables['lift_tests']['source']}"
    for name, why in left_out.items():
        yield f"Left out  '{name}': {why}"


def _weeks(kpi: Mapping[str, Any], days: list[date], start: str | None) -> Iterator[str]:
    step = min(((later - day).days for day, later in pairwise(days)), default=7)
    rhythm = {1: "daily, summed to weeks", 7: "weekly"}.get(step, f"every {step} days")
    where = f"regions in '{kpi['region']}'" if kpi["region"] else "one region (national)"
    yield f"Weeks     '{kpi['week']}', {days[0]} to {days[-1]}, {rhythm}; {where}"
    yield f"KPI       '{kpi['kpi']}', worth {kpi['value_per_kpi'] or 'an unknown amount'} a unit"
    if start:
        yield f"          weeks begin on a {start.capitalize()} and are named by their Monday"
    elif step == 7 and days[0].weekday() != 0:
        yield (
            f"          days are {days[0]:%A}s; each is taken to be in the week of the Monday "
            "before it: see week_start"
        )


def _media(media: Mapping[str, Any], found: Assignment) -> Iterator[str]:
    if media["layout"] == "long":
        measures = [
            f"{key} '{media[key]}'" for key in ("spend", "exposure", "frequency") if key in media
        ]
        names = f"'{media['channel']}'"
        if "campaign" in media:
            names += f" and a campaign in '{media['campaign']}'"
        yield f"Media     one row a channel in {names}: {', '.join(measures)}"
    elif found.media_columns:
        for line in found.media_columns.describe():
            yield f"Media     {line}"


def _controls(controls: Mapping[str, Any] | None) -> str:
    if controls is None:
        return "Controls  none"
    if controls["layout"] == "long":
        return f"Controls  one row a control in '{controls['control']}'"
    return f"Controls  {', '.join(controls['columns'])}"


def _kinds(controls: Mapping[str, Any] | None, found: Assignment) -> Iterator[str]:
    """Say which controls look like prices and promotions, and how they get effects of their own."""
    if controls is None or found.controls_table is None or controls["layout"] == "long":
        return
    profile = found.controls_table.profile
    columns = [column for name in controls["columns"] if (column := profile.column(name))]
    kinds = {column.name: kind for column in columns if (kind := _kind(column))}
    if kinds:
        told = ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
        yield f"          tables.controls.kinds: {{{told}}} gives an effect of its own"


def _kind(column: Column) -> str | None:
    """``price`` or ``promotion``, where the name says it and the numbers can be one."""
    said = set(words.tokens(column.name))
    if not column.is_number or said & words.OUTSIDE:
        return None
    if said & words.PROMOTION and column.lowest >= 0 and column.highest <= 100:
        return "promotion"
    return "price" if said & words.PRICE and column.lowest > 0 else None
