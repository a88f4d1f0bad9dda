"""Hold the delivered tables against the rules of ``rules``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.config.checks import Waiver
from mmm_assets.inputs.expectations import failing_rows
from mmm_assets.inputs.holiday_days import has_holidays, holiday_days, near_places
from mmm_assets.inputs.implausible import create_implausible
from mmm_assets.inputs.known_rows import create_known, create_names
from mmm_assets.inputs.own_events import create_events
from mmm_assets.inputs.restatements import EarlierRefresh, create_restated
from mmm_assets.inputs.roles import ROLES, WEEKLY
from mmm_assets.inputs.rules import RULES, Rule
from mmm_assets.inputs.weekly_cells import create_cells
from mmm_assets.inputs.weekly_kpi import create_weekly_kpi

__all__ = ["RULES", "CheckOutcome", "Rule", "run_checks"]

_SHOWN = 20
_QUOTED = 3


@dataclass(frozen=True)
class CheckOutcome:
    """The rows that break one rule, and the message about them.

    Parameters
    ----------
    failed_rows
        Number of delivered rows (for gaps: of weeks) that break the rule.
    sample
        The first condensed rows that break it; empty when passed.
    message
        Table, rule, rows and what to do; what was checked when passed.
    waiver
        What the configuration says of the rule, where it is broken and the waiver still counts.
    """

    rule: Rule
    passed: bool
    failed_rows: int
    sample: pd.DataFrame
    message: str
    waiver: Waiver | None = None

    @property
    def blocks(self) -> bool:
        """Whether nothing may be trained."""
        return self.rule.severity == "blocking" and not self.passed and self.waiver is None


def run_checks(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    through: date | None,
    known_on: datetime | None = None,
    earlier: EarlierRefresh | None = None,
    roles: Collection[str] = tuple(ROLES),
) -> list[CheckOutcome]:
    """Hold the tables against their rules.

    Parameters
    ----------
    through
        The refresh week: later rows are ignored. None looks at all rows.
    known_on
        Later loads are ignored. None looks at all.
    earlier
        The refresh with which past weeks are compared; they stay in the temporary table
        ``restated``.
    roles
        Tables to judge.

    Returns
    -------
    list of CheckOutcome
        In the order of `RULES`. A table that is not configured breaks no rule.
    """
    _create_tables(connection, config, through, known_on, earlier)
    values = parameters(config, through)
    asked = [rule for rule in RULES if rule.table in roles]
    rules = [rule for rule in asked if ROLES[rule.table].source(config)]
    # In order: what a message quotes must not change from run to run.
    frames = [
        connection.execute(f"FROM ({rule.query}) ORDER BY ALL", _used(rule, values)).df()
        for rule in rules
    ]
    by_rule = dict(zip(rules, frames, strict=True))
    failing = failing_rows(by_rule.items(), values)
    return [
        _outcome(rule, by_rule[rule], failing.get(rule), config)
        if rule in by_rule
        else CheckOutcome(rule, True, 0, pd.DataFrame(), "not configured")
        for rule in asked
    ]


def _create_tables(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    through: date | None,
    known_on: datetime | None,
    earlier: EarlierRefresh | None,
) -> None:
    """Create the temporary tables that the rules read; see ``rules``."""
    is_all = through is None and known_on is None
    for role in ROLES:
        create_known(connection, config, role, through, known_on)
    for role in WEEKLY:
        create_cells(connection, role)
        create_names(connection, config, role, f"ever_{role}", known_on, is_all)
    # The configuration is of today, also where a refresh looks at what was known long ago.
    create_names(connection, config, "media", "media_today", read=is_all)
    create_events(connection, config)
    _create_places(connection, config)
    create_weekly_kpi(connection, config)
    create_implausible(connection, config)
    create_restated(connection, config, known_on, earlier)


def _create_places(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> None:
    """Create ``calendar_places``: the countries of ``calendar``, and whether they are known.

    The names of their holidays, around the days of events, are in ``calendar_holidays``.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE calendar_places "
        "(region VARCHAR, place VARCHAR, is_known BOOLEAN, near VARCHAR)"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE calendar_holidays (name VARCHAR)")
    calendar = config.calendar
    if calendar is None:
        return
    places = [(None, calendar.country)] if calendar.country else []
    for region, place in [*places, *calendar.regions.items()]:
        known = has_holidays(place)
        near = None if known else " or ".join(near_places(place))
        connection.execute(
            "INSERT INTO calendar_places VALUES (?, ?, ?, ?)", [region, place, known, near]
        )
        if known and calendar.events:
            _insert_holidays(connection, place)


def _insert_holidays(connection: duckdb.DuckDBPyConnection, place: str) -> None:
    row = connection.execute("SELECT min(first_day), max(first_day) FROM dated_events").fetchone()
    first, last = row or (None, None)
    names = sorted({name for _, name in holiday_days(place, first, last)}) if first else []
    connection.execute("INSERT INTO calendar_holidays SELECT unnest($1::VARCHAR[])", [names])


def parameters(config: ProjectConfig, through: date | None) -> dict[str, Any]:
    """Values that a rule's query or expectation may name: thresholds, and what is configured."""
    controls, mediators = config.tables.controls, config.tables.mediators
    kinds = controls.treatments if controls else {}
    return {
        **config.checks.model_dump(exclude={"waivers"}),
        "through": through,
        "keeps": config.checks.implausible_cells == "keep",
        "brand": list(config.model.brand.channels) if config.model.brand else [],
        "min_weeks": config.refresh.min_weeks,
        "named_channels": sorted(config.named_channels),
        "national_controls": controls is not None and controls.region is None,
        "prices": [name for name, own in kinds.items() if own.kind == "price"],
        "promotions": [name for name, own in kinds.items() if own.kind == "promotion"],
        "week_start_is_told": not config.calendar or "week_start" in config.model_fields_set,
        "absent": [name for name, own in kinds.items() if own.kind != "price"],
        "treatments": list(kinds),
        "surveys": mediators.surveys if mediators else [],
        "drivers": sorted({c for own in mediators.drivers.values() for c in own})
        if mediators
        else [],
    }


def _used(rule: Rule, values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in set(re.findall(r"\$(\w+)", rule.query))}


def _outcome(
    rule: Rule, frame: pd.DataFrame, failing: list[int] | None, config: ProjectConfig
) -> CheckOutcome:
    if failing is None:
        return CheckOutcome(rule, True, 0, frame.iloc[:0], rule.description)
    bad = frame.iloc[failing]
    rows = int(bad["failing"].fillna(0).sum())
    shown = bad.drop(columns="failing").rename(columns={"column_": "column"})
    shown = shown.dropna(axis="columns", how="all").head(_SHOWN)
    quoted = "; ".join(_describe(row) for row in shown.head(_QUOTED).to_dict("records"))
    more = len(bad) - min(len(bad), _QUOTED)
    name = f"{rule.table}.{rule.name}"
    waiver = next((waiver for waiver in config.checks.waivers if waiver.rule == name), None)
    message = (
        f"{rule.table}, rule {rule.name} is broken. Expected: {rule.description} "
        f"Found{f' {rows:,} rows' if rows else ''}: {quoted or 'nothing at all'}"
        f"{f'; and {more:,} more like these' if more else ''}. {rule.remedy}"
    )
    if waiver and waiver.until < datetime.now(UTC).date():
        message += f" Its waiver ended on {waiver.until}."
        waiver = None
    elif waiver:
        message += f" Waived until {waiver.until}: {waiver.reason}"
    return CheckOutcome(rule, False, rows, shown.reset_index(drop=True), message, waiver)


def _describe(row: dict[Any, Any]) -> str:
    """Say a condensed row in words: ``row 17 of media.csv (region north, value -5)``."""
    source, number = row.pop("source", None), row.pop("source_row", None)
    said = ", ".join(f"{name} {_text(value)}" for name, value in row.items() if _is_known(value))
    if number is None or number != number:
        return said
    return f"row {int(number)} of {source} ({said})"


def _is_known(value: Any) -> bool:
    return not (value is None or value is pd.NaT or value != value)


def _text(value: Any) -> str:
    if isinstance(value, pd.Timestamp | date):
        return str(value)[:10]
    if isinstance(value, float):
        return f"{value:,.10g}"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
