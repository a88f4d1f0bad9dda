"""What the parts of a project are called in Dagster, and which runs are its own.

Asset keys, and the events, partitions and checks under them, belong to a whole Dagster instance;
jobs, schedules, sensors and resources to a code location. A project with a `key_prefix` has all
of them under that word, and shares an instance, or a code location, with others. One without has
the names of release 0.1, and its history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig

_LAYERS = {
    "raw": (
        "raw_media",
        "raw_kpi",
        "raw_further_kpis",
        "raw_controls",
        "raw_lift_tests",
        "raw_events",
        "raw_mediators",
    ),
    "staging": ("panel",),
    "model": ("fitted_model",),
    "mart": (
        "holdout_metrics",
        "predictions",
        "contributions",
        "channel_summary",
        "adstock_curves",
        "effectiveness",
        "channel_graph",
        "response_curves",
        "optimal_budgets",
        "weekly_budgets",
        "lift_tests",
        "experiment_ideas",
        "experiment_track",
        "changes",
        "forecast_track",
        "plan_track",
        "trust_tests",
    ),
    "publication": ("dashboard", "published_refresh"),
}
"""Second part of a key → names of the assets under it; the first three are schemas of the
warehouse and the saved fits."""

_LAYER = {name: layer for layer, names in _LAYERS.items() for name in names}

REFRESH, PLAN, PUBLISH_HELD, ROLLBACK = "refresh", "plan", "publish_held", "rollback"
WITHDRAW_PLAN = "withdraw_plan"
JOBS = (REFRESH, PLAN, WITHDRAW_PLAN, PUBLISH_HELD, ROLLBACK)


@dataclass(frozen=True)
class Names:
    """The names of a project's parts.

    Parameters
    ----------
    prefix
        First part of its asset keys and word before its other names; None as in release 0.1.
    """

    prefix: str | None = None

    @classmethod
    def of(cls, config: ProjectConfig) -> Names:
        """The names that a configuration asks for."""
        return cls(config.key_prefix)

    def asset(self, name: str) -> dg.AssetKey:
        """Key of an asset of this name, e.g. ``acme / mart / channel_summary``.

        Raises
        ------
        KeyError
            If no asset of a project is called so.
        """
        layer = _LAYER[name]
        if self.prefix is None:
            return dg.AssetKey(name)
        return dg.AssetKey([self.prefix, layer, name.removeprefix("raw_")])

    def word(self, name: str) -> str:
        """Name of a job, schedule, sensor, op or resource, e.g. ``acme_refresh``."""
        return name if self.prefix is None else f"{self.prefix}_{name}"

    @property
    def assets(self) -> dict[dg.AssetKey, dg.AssetKey]:
        """Key as it was in release 0.1 → key, of every asset."""
        return {dg.AssetKey(name): self.asset(name) for name in _LAYER}

    @property
    def jobs(self) -> tuple[str, ...]:
        """Names of the jobs."""
        return tuple(self.word(name) for name in JOBS)

    def own(self, run: dg.DagsterRun) -> bool:
        """Whether a run of an instance is of this project, by its assets, else by its job."""
        checked = (check.asset_key for check in run.asset_check_selection or ())
        chosen = {*(run.asset_selection or ()), *checked}
        if chosen:
            return chosen <= set(self.assets.values())
        return run.job_name in self.jobs
