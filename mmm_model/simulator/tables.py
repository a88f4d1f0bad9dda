"""A simulation as the tables that a marketing team would deliver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model.simulator.simulation import Simulation


@dataclass(frozen=True)
class Tables:
    """Tidy tables, rows in no particular order.

    Parameters
    ----------
    media
        week, region, channel, spend, impressions; whole currency and impressions.
    kpi
        week, region, sales, value_per_unit. A missing week has no row; an outage has none
        either, or sales of 0, as the spec says.
    controls
        week, region and a column per control.
    lift_tests
        channel, x, delta_x, delta_y, sigma: national weekly spend, its increase during the
        test, the KPI gained per week as measured, and the standard error.
    """

    media: pd.DataFrame
    kpi: pd.DataFrame
    controls: pd.DataFrame
    lift_tests: pd.DataFrame


def deliver(simulation: Simulation, seed: int) -> Tables:
    """Write a simulation out as tables.

    Parameters
    ----------
    simulation
        What happened.
    seed
        Seed of the order of rows and of the lift tests' errors.
    """
    rng = np.random.default_rng(seed)
    spec, exists = simulation.spec, simulation.exists
    week = np.broadcast_to(simulation.week_index.to_numpy()[None, :], exists.shape)
    region = np.broadcast_to(np.array(spec.regions, dtype=object)[:, None], exists.shape)
    exposure, spend = simulation.exposure, simulation.spend
    media = pd.concat(
        pd.DataFrame(
            {
                "week": week[exists],
                "region": region[exists],
                "channel": channel,
                "spend": spend[:, :, c][exists].round().astype(int),
                "impressions": exposure[:, :, c][exists].round().astype(int),
            }
        )
        for c, channel in enumerate(simulation.channels)
    )
    delivered = simulation.observed
    sales = simulation.kpi
    if spec.outage_as_zero:
        sales = np.where(simulation.outage, 0.0, sales)
        delivered = delivered | (simulation.outage & exists)
    kpi = pd.DataFrame(
        {
            "week": week[delivered],
            "region": region[delivered],
            "sales": sales[delivered].round().astype(int),
            "value_per_unit": spec.value_per_kpi,
        }
    )
    controls = pd.DataFrame({"week": week[exists], "region": region[exists]})
    for k, name in enumerate(simulation.controls):
        controls[name] = simulation.control[:, :, k][exists].round(4)
    return Tables(
        media=_shuffled(rng, media),
        kpi=_shuffled(rng, kpi),
        controls=_shuffled(rng, controls),
        lift_tests=_lift_tests(rng, simulation),
    )


def _shuffled(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Rows sorted by week, with a tenth of them out of place, as exports come."""
    table = table.sort_values("week", kind="stable", ignore_index=True)
    order = np.arange(len(table))
    moved = np.flatnonzero(rng.random(len(table)) < 0.1)
    order[moved] = rng.permutation(moved)
    return table.iloc[order].reset_index(drop=True)


def _lift_tests(rng: np.random.Generator, simulation: Simulation) -> pd.DataFrame:
    """One national test per channel: 30 % more of it, everywhere and for good."""
    spend, exposure = simulation.spend, simulation.exposure
    weeks = spend.shape[1]
    rows = []
    for c, channel in enumerate(simulation.channels):
        planned = simulation.planned.copy()
        planned[:, :, c] *= 1.3
        raised = simulation.respond(planned)
        raised_spend = raised[:, :, c] * simulation.cost[:, :, c]
        gain = simulation.contribution(raised) - simulation.contribution(exposure)
        delta_y = gain.sum() / weeks
        sigma = 0.1 * abs(delta_y) + 0.001 * simulation.kpi.sum() / weeks
        rows.append(
            {
                "channel": channel,
                "x": round(spend[:, :, c].sum() / weeks),
                "delta_x": round((raised_spend - spend[:, :, c]).sum() / weeks),
                "delta_y": round(delta_y + sigma * rng.standard_normal()),
                "sigma": round(sigma),
            }
        )
    return pd.DataFrame(rows)
