"""Plans of record against what came: redone at each refresh, for the plans that it may know of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from mmm_assets import mart
from mmm_assets.inputs.fits import Fits
from mmm_assets.planning.adopted_plans import SETTLES, Adopted, adopted_plans
from mmm_assets.store.errors import UnusableModel
from mmm_assets.store.published_weeks import refreshes
from mmm_assets.store.saved_fits import published_models

if TYPE_CHECKING:
    from mmm_model.budget.outcome_split import Promised
    from mmm_model.budget.plan_standing import Standing

TABLES = ("plan_track", "plan_causes", "plan_moves", "plan_scores")
"""Tables of ``mart`` that a refresh makes of plans."""

Tables = Mapping[str, pd.DataFrame]


def track_plans(fits: Fits, warn: Callable[[str], None] = lambda message: None) -> Tables:
    """Compare every plan that was adopted up to a refresh with what that refresh knows.

    Parameters
    ----------
    fits
        Of the refresh.
    warn
        Told of what cannot be worked out.

    Returns
    -------
    dict
        Each of `TABLES` with its rows; none where no plan was adopted.
    """
    with fits.project.warehouse.work() as connection:
        plans = adopted_plans(connection, fits.refresh_week)
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for plan in plans:
        for name, rows in _Comparison(plan, fits, warn).tables().items():
            found[name].append(rows.assign(plan=plan.name))
    return {name: _joined(name, parts) for name, parts in found.items()}


@dataclass
class _Comparison:
    """One plan in the light of a refresh."""

    plan: Adopted
    fits: Fits
    warn: Callable[[str], None]
    note: str = ""

    def tables(self) -> Tables:
        from mmm_model.budget.plan_standing import Standing

        standing = Standing(self.plan.kept(), self.fits.effects)
        week = self.fits.refresh_week
        try:
            track = standing.track()
            score = self._score(standing, track)
        except ValueError as error:  # the data lost a region or a channel
            self._missing(str(error))
            return {"plan_scores": pd.DataFrame([self._about(0, 0)])}
        made = {}
        if self.plan.ends + timedelta(weeks=SETTLES) >= week:
            made = {"plan_track": track}
            if len(standing.over):
                made["plan_causes"] = self._causes()
            if self.plan.status(week) != "withdrawn" and self._next_week_is_planned():
                made["plan_moves"] = self._moves(standing)
        return {**made, "plan_scores": pd.DataFrame([{**score, "note": self.note}])}

    def _about(self, weeks: int, over: int) -> dict[str, object]:
        status = self.plan.status(self.fits.refresh_week)
        return {"status": status, "weeks": weeks, "weeks_over": over, "note": self.note}

    def _score(self, standing: Standing, track: pd.DataFrame) -> dict[str, object]:
        weeks = standing.plan.weeks
        counted = int((weeks <= pd.Timestamp(self.plan.ends)).sum())
        score = self._about(counted, len(standing.over))
        score["promised_gain"] = self.plan.promised_gain
        if not len(standing.over):
            return score
        together = track[["region", "week", "channel"]].isna().all(axis=1)
        row = track[together & (track["part"] == "so far")].iloc[0]
        spent = {f"spent_{name}": value for name, value in standing.gains(spent=True).items()}
        spent.pop("spent_gain_probability")
        return {
            **score,
            **{name: row[name] for name in ("planned_spend", "spend", "promised", "kpi")},
            "lower": row["promised_lower"],
            "upper": row["promised_upper"],
            "inside": bool(row["promised_lower"] <= row["kpi"] <= row["promised_upper"]),
            "unknown_cells": standing.unknown_cells,
            **standing.gains(),
            **spent,
        }

    def _causes(self) -> pd.DataFrame:
        from mmm_model.budget.outcome_split import SPLIT_COLUMNS, split_outcome

        try:
            promised = self._promised()
            return split_outcome(promised, self.fits.final, self.fits.panel)
        except (UnusableModel, LookupError, ValueError) as error:
            self._missing(f"why the KPI differs from the promise cannot be said: {error}")
            return pd.DataFrame(columns=list(SPLIT_COLUMNS))

    def _promised(self) -> Promised:
        """The fit that promised, as long as it is there.

        Raises
        ------
        LookupError
            If another one took its place.
        UnusableModel
            If it went with age, or is spoilt.
        """
        from mmm_model.budget.outcome_split import Promised
        from mmm_model.budget.planned_media import bought, recent_media

        project, week = self.fits.project, self.plan.refresh_week
        found = refreshes(project.warehouse).get(week)
        if found is None or found.model_hashes.get("final") != self.plan.final_hash:
            raise LookupError(f"the refresh of {week}, which promised, was made again since")
        files = published_models(project, week, found)
        model, panel = files.fit("final"), files.panel()
        if panel is None:
            raise LookupError(f"the refresh of {week} saved no panel")
        kept = self.plan.kept()
        ahead = (self.plan.last_week - week).days // 7
        before = recent_media(model, panel, ahead)
        spend = before.spend.copy()
        spend[:, : ahead - len(kept.weeks)] = float("nan")
        spend[:, ahead - len(kept.weeks) :] = kept.in_panel(panel, "spend")
        return Promised(model, panel, bought(before, panel, spend), len(kept.weeks))

    def _next_week_is_planned(self) -> bool:
        following = self.fits.refresh_week + timedelta(weeks=1)
        return self.plan.first_week <= following <= self.plan.last_week

    def _moves(self, standing: Standing) -> pd.DataFrame:
        from mmm_model.budget.plan_moves import MOVE_COLUMNS, plan_moves

        config, panel = self.fits.project.config, self.fits.panel
        left = (self.plan.last_week - self.fits.refresh_week).days // 7
        budget = config.budget.model_copy(update={"horizon": left})
        rules = budget.weekly_rules(panel.channels, self.fits.refresh_week)
        try:
            return plan_moves(standing, config.budget_settings(panel.channels), rules)
        except ValueError as error:
            self._missing(f"what to change now cannot be said: {error}")
            return pd.DataFrame(columns=list(MOVE_COLUMNS))

    def _missing(self, what: str) -> None:
        said = what[0].upper() + what[1:]
        self.note = f"{self.note} {said}.".strip()
        self.warn(f"plan '{self.plan.name}': {what}")


def _joined(table: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    names = [column.name for column in mart.BY_NAME[table].columns]
    shown = [part.reindex(columns=names).astype(object) for part in parts if len(part)]
    return pd.concat(shown, ignore_index=True) if shown else pd.DataFrame(columns=names)
