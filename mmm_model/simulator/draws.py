"""Varied brands for benchmarks: one spec per seed, within the ranges of the recipe."""

from __future__ import annotations

import numpy as np

from mmm_model.simulator.spec import ChannelSpec, DriveSpec, Family, SimulationSpec

_FAMILIES: tuple[Family, ...] = ("logistic", "tanh", "threshold")


def draw_spec(seed: int) -> SimulationSpec:
    """Draw the spec of a brand.

    Two seeds of five give a response family other than Hill. Every brand has a channel
    without effect, a television channel a part of whose effect passes through search, and an
    indicator that causes nothing; a third of the indicators are moved by television.
    """
    rng = np.random.default_rng([seed, 2024])
    hill = seed % 5 in (0, 2, 4)

    def family() -> Family:
        return "hill" if hill else _FAMILIES[int(rng.integers(len(_FAMILIES)))]

    def channel(
        name: str,
        spend: float,
        cost: float,
        share: float,
        decay: tuple[float, float],
        bursts: bool = False,
        delay: int = 0,
        twin: str | None = None,
        launch: int = 0,
        follows: float = 0.0,
    ) -> ChannelSpec:
        return ChannelSpec(
            name=name,
            spend_share=spend * rng.uniform(0.7, 1.4),
            cost=cost,
            kpi_share=share * rng.uniform(0.7, 1.3),
            bursts=bursts,
            variation=rng.uniform(0.25, 0.45),
            follows_demand=follows,
            twin=twin,
            twin_correlation=rng.uniform(0.55, 0.85) if twin else 0.0,
            launch_week=launch,
            exposure_noise=rng.uniform(0.08, 0.3),
            decay=rng.uniform(*decay),
            delay=delay,
            family=family(),
            slope=rng.uniform(0.5, 3.0) if hill else rng.uniform(0.8, 1.8),
            half_saturation=rng.uniform(0.3, 2.0),
        )

    weeks = int(rng.choice([104, 130, 156]))
    scale = rng.uniform(0.5, 1.3)
    channels = [
        channel(
            "tv",
            0.03,
            0.012,
            0.06 * scale,
            (0.3, 0.8),
            bursts=bool(rng.random() < 0.6),
            delay=int(rng.integers(0, 3)),
            follows=rng.uniform(0.0, 0.6),
        ),
        channel(
            "online_video",
            0.015,
            0.009,
            0.035 * scale,
            (0.2, 0.5),
            launch=int(rng.integers(30, 60)) if rng.random() < 0.5 else 0,
        ),
        channel("paid_social", 0.015, 0.006, 0.03 * scale, (0.2, 0.35), twin="online_video"),
        channel("search", 0.02, 0.4, 0.06 * scale, (0.0, 0.3), follows=rng.uniform(0.4, 0.8)),
        channel("display", 0.01, 0.003, 0.0, (0.1, 0.3), follows=rng.uniform(0.4, 0.8)),
    ]
    others = [
        channel("radio", 0.01, 0.004, 0.015 * scale, (0.1, 0.5), bursts=True),
        channel("out_of_home", 0.012, 0.005, 0.02 * scale, (0.1, 0.55), bursts=True),
        channel("email", 0.002, 0.001, 0.01 * scale, (0.05, 0.1)),
    ]
    channels += others[: int(rng.integers(0, len(others) + 1))]
    drives = [DriveSpec("tv", "search", rng.uniform(0.25, 0.45), power=rng.uniform(0.6, 1.0))]
    if rng.random() < 0.5:
        drives.append(DriveSpec("paid_social", "search", rng.uniform(0.15, 0.25), (1.0,)))
    regions = int(rng.choice([8, 20, 40]))
    return SimulationSpec(
        channels=tuple(channels),
        drives=tuple(drives),
        regions=tuple(f"region_{i:02d}" for i in range(1, regions + 1)),
        weeks=weeks,
        season=rng.uniform(0.10, 0.18),
        trend_per_year=rng.uniform(-0.03, 0.08),
        demand_ar=rng.uniform(0.65, 0.9),
        noise=rng.uniform(0.025, 0.075),
        noise_ar=rng.uniform(0.0, 0.5),
        indicator_media_share=0.1 if seed % 3 == 0 else 0.0,
        late_share=0.1,
        outage_as_zero=seed % 2 == 1,
    )
