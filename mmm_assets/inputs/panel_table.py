"""The panel of a refresh week: its staging tables, and the arrays that the model reads.

``panel_building`` fills the tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.panel_mediators import read_mediators
from mmm_assets.inputs.panel_treatments import split
from mmm_assets.store.schema import comment_table

if TYPE_CHECKING:
    from mmm_model.campaigns import Campaigns
    from mmm_model.fit.lift_tests import LiftTest
    from mmm_model.panel import Floats, Panel

TABLES = {
    "panel_kpi": (
        "region VARCHAR, week DATE, kpi DOUBLE, observed BOOLEAN, value_per_kpi DOUBLE",
        "KPI of every region and week; observed is false where it is missing or an outage.",
    ),
    "panel_further_kpis": (
        "kpi VARCHAR, region VARCHAR, week DATE, value DOUBLE, observed BOOLEAN, "
        "value_per_kpi DOUBLE",
        "KPIs beside the main one, of every region and week; as panel_kpi.",
    ),
    "panel_media": (
        "region VARCHAR, week DATE, channel VARCHAR, spend DOUBLE, exposure DOUBLE, "
        "frequency DOUBLE, population DOUBLE",
        "Spend and exposure as delivered, by week; an absent row is no activity.",
    ),
    "panel_campaigns": (
        "region VARCHAR, week DATE, channel VARCHAR, campaign VARCHAR, spend DOUBLE, "
        "exposure DOUBLE",
        "Spend and exposure of campaigns, as delivered, by week; none where none are named.",
    ),
    "panel_channels": (
        "position INTEGER, channel VARCHAR, reads VARCHAR, has_spend BOOLEAN, "
        "has_frequency BOOLEAN",
        "Channels of the model; reads is 'exposure', 'spend', or null for one that is left out; "
        "with a frequency, exposure is reach.",
    ),
    "panel_controls": (
        "region VARCHAR, week DATE, control VARCHAR, value DOUBLE",
        "Controls of every region and week, filled.",
    ),
    "panel_days": (
        "region VARCHAR, day DATE, name VARCHAR, kind VARCHAR",
        "Holidays and own events of every region, in the weeks of the panel and those that follow.",
    ),
    "panel_mediators": (
        "region VARCHAR, week DATE, mediator VARCHAR, value DOUBLE, asked DOUBLE",
        "What media create and nobody buys, in the weeks in which somebody counted or asked.",
    ),
}

FURTHER = "further_kpis"
"""Part of a refresh that the KPIs beside the main one are, where there are any."""

_KPI = """
    SELECT region, week, kpi, observed, value_per_kpi
    FROM staging.panel_kpi WHERE refresh_week = $week
    ORDER BY region, week
"""
_FURTHER = """
    SELECT value, observed, value_per_kpi
    FROM staging.panel_further_kpis WHERE refresh_week = $week AND kpi = $kpi
    ORDER BY region, week
"""
_CHANNELS = """
    SELECT channel, has_spend, coalesce(has_frequency, false)
    FROM staging.panel_channels WHERE refresh_week = $week AND reads IS NOT NULL
    ORDER BY position
"""
_POPULATION = """
    SELECT max(population) AS population
    FROM (SELECT DISTINCT region FROM staging.panel_kpi WHERE refresh_week = $week)
    LEFT JOIN (FROM staging.panel_media WHERE refresh_week = $week) USING (region)
    GROUP BY region ORDER BY region
"""
# The places of each cell in the arrays, and what stands there.
_MEDIA = """
    WITH channels AS (
        SELECT channel, reads, row_number() OVER (ORDER BY position) - 1 AS place
        FROM staging.panel_channels WHERE refresh_week = $week AND reads IS NOT NULL
    ),
    regions AS (
        SELECT region, row_number() OVER (ORDER BY region) - 1 AS place
        FROM (SELECT DISTINCT region FROM staging.panel_kpi WHERE refresh_week = $week)
    )
    SELECT r.place AS region, date_diff('day', $first::DATE, week) // 7 AS week,
           c.place AS channel, m.spend,
           coalesce(CASE WHEN reads = 'exposure' THEN exposure ELSE spend END, 0) AS exposure,
           greatest(coalesce(m.frequency, 1), 1) AS frequency
    FROM staging.panel_media AS m
    JOIN channels AS c USING (channel)
    JOIN regions AS r USING (region)
    WHERE m.refresh_week = $week
"""
_CONTROLS = """
    SELECT control, value
    FROM staging.panel_controls WHERE refresh_week = $week
    ORDER BY list_position($order, control) NULLS LAST, control, region, week
"""


def create_panel_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the staging tables where they are missing."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS staging")
    for name, (columns, comment) in TABLES.items():
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS staging.{name} (refresh_week DATE, {columns})"
        )
        for column in columns.split(", "):  # a warehouse of an earlier version lacks some
            connection.execute(f"ALTER TABLE staging.{name} ADD COLUMN IF NOT EXISTS {column}")
        comment_table(connection, f"staging.{name}", comment)


def read_panel(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date
) -> Panel:
    """Read the staging tables of a refresh week as arrays.

    Returns
    -------
    Panel
        Regions in the order of their names, consecutive weeks up to ``refresh_week``, channels
        and controls in the order of the configuration.

    Raises
    ------
    LookupError
        If no panel was built for this week.
    """
    from mmm_model.panel import Panel

    create_panel_tables(connection)
    week = {"week": refresh_week}
    kpi = connection.execute(_KPI, week).fetchnumpy()
    regions = tuple(str(name) for name in dict.fromkeys(kpi["region"]))
    if not regions:
        raise LookupError(f"no panel was built for {refresh_week}: materialise panel first")
    weeks = pd.DatetimeIndex(kpi["week"][: len(kpi["week"]) // len(regions)], name=None)
    shape = (len(regions), len(weeks))
    channels = connection.execute(_CHANNELS, week).fetchall()
    media = _read_media(connection, week, weeks[0].date(), (*shape, len(channels)))
    exposure, spend, frequency = media
    spend[..., [not has_spend for _, has_spend, _ in channels]] = np.nan
    frequency[..., [not known for _, _, known in channels]] = np.nan
    people = connection.execute(_POPULATION, week).fetchnumpy()
    population = _floats(people["population"])
    delivered = _read_controls(connection, config, refresh_week, shape)
    beside = split(connection, config, refresh_week, regions, weeks, delivered)
    names = tuple(str(name) for name, *_ in channels)
    nodes = read_mediators(connection, config, refresh_week, (regions, weeks), names)
    return Panel(
        regions=regions,
        weeks=weeks,
        channels=names,
        controls=beside.controls,
        kpi=_floats(kpi["kpi"]).reshape(shape),
        observed=np.asarray(kpi["observed"], dtype=bool).reshape(shape),
        exposure=exposure,
        spend=spend,
        control=beside.control,
        value_per_kpi=_floats(kpi["value_per_kpi"]).reshape(shape),
        frequency=frequency if any(known for *_, known in channels) else None,
        population=None if np.isnan(population).all() else population,
        treatments=beside.treatments,
        treatment=beside.treatment,
        ahead=beside.ahead,
        mediators=nodes,
    )


def read_further(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date, panel: Panel
) -> dict[str, Panel]:
    """Read the KPIs beside the main one: name → the panel with this KPI in place of the main one.

    In the order of the configuration; those that the panel was built with.
    """
    found = {}
    for name in config.tables.kpi.more:
        rows = connection.execute(_FURTHER, {"week": refresh_week, "kpi": name}).fetchnumpy()
        if len(rows["value"]):
            shape = panel.kpi.shape
            found[name] = replace(
                panel,
                kpi=_floats(rows["value"]).reshape(shape),
                observed=np.asarray(rows["observed"], dtype=bool).reshape(shape),
                value_per_kpi=_floats(rows["value_per_kpi"]).reshape(shape),
            )
    return found


def panel_fingerprint(
    panel: Panel, tests: Sequence[LiftTest] = (), campaigns: Campaigns | None = None
) -> str:
    """Hash of a panel's arrays and names, of lift tests and campaigns: equal hashes, equal data."""
    digest = hashlib.sha256()
    for names in (panel.regions, panel.channels, panel.controls):
        digest.update("\x1f".join(names).encode() + b"\x1e")
    digest.update(str(panel.weeks[0]).encode())
    for array in (
        panel.kpi,
        panel.observed,
        panel.exposure,
        panel.spend,
        panel.control,
        panel.value_per_kpi,
        panel.frequency,
        panel.population,
    ):
        if array is not None:
            digest.update(np.ascontiguousarray(array).tobytes())
    if panel.treatments:
        digest.update(repr(panel.treatments).encode())
        digest.update(np.ascontiguousarray(panel.treatment).tobytes())
    if panel.ahead is not None:
        digest.update(np.ascontiguousarray(panel.ahead).tobytes())
    if panel.mediators:
        digest.update(repr(panel.mediators.nodes).encode())
        for array in (panel.mediators.value, panel.mediators.error):
            digest.update(np.ascontiguousarray(array).tobytes())
    for test in tests:
        digest.update(repr(test).encode())
    if campaigns is not None:
        digest.update(repr((campaigns.channel, campaigns.name)).encode())
        for array in (campaigns.exposure, campaigns.spend):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def further_fingerprint(further: Mapping[str, Panel]) -> str:
    """Hash of the KPIs beside the main one, as `read_further` reads them."""
    digest = hashlib.sha256()
    for name, own in further.items():
        digest.update(f"\x1e{name}\x1f".encode())
        for array in (own.kpi, own.observed, own.value_per_kpi):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _read_media(
    connection: duckdb.DuckDBPyConnection,
    week: dict[str, date],
    first_week: date,
    shape: tuple[int, int, int],
) -> tuple[Floats, Floats, Floats]:
    """Exposure, as the model reads it, spend and frequency, each ``[R, W, C]``.

    Where there is no row exposure and spend are zero and frequency, which weighs nothing, is one.
    """
    media = connection.execute(_MEDIA, {**week, "first": first_week}).fetchnumpy()
    cells = (media["region"], media["week"], media["channel"])
    exposure, spend, frequency = np.zeros(shape), np.zeros(shape), np.ones(shape)
    exposure[cells] = _floats(media["exposure"])
    spend[cells] = np.nan_to_num(_floats(media["spend"]))
    frequency[cells] = _floats(media["frequency"])
    return exposure, spend, frequency


def _read_controls(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    refresh_week: date,
    shape: tuple[int, int],
) -> tuple[tuple[str, ...], Floats]:
    """Names of the controls and their values ``[R, W, K]``."""
    order = list(config.tables.controls.named) if config.tables.controls else []
    rows = connection.execute(
        _CONTROLS,
        {"week": refresh_week, "order": order},
    ).fetchnumpy()
    names = tuple(str(name) for name in dict.fromkeys(rows["control"]))
    values = _floats(rows["value"]).reshape(len(names), *shape)
    return names, np.ascontiguousarray(np.moveaxis(values, 0, -1))


def _floats(column: Any) -> Floats:
    """Numbers of a DuckDB column; NaN where it has none."""
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
