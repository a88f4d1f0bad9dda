"""Why the numbers of a refresh differ from those of the published one before it.

Between the two states lie others, each with one cause more; one that nobody fitted yet is fitted,
to the rows as they were known. The order: code version, randomness of the fit (another seed),
each section of the configuration, weeks that left, restated rows, new weeks; and once more in
reverse. Code comes first in both, for the code of then cannot be run any more. Where there are more
than two states to fit, each has so many fewer draws that all take the time of two fits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mmm_assets.comparison.data_states import DataStates, Knew
from mmm_assets.config import ProjectConfig
from mmm_assets.config.tables import MAKERS
from mmm_model.effects.change_split import State, split_change, states

if TYPE_CHECKING:
    from mmm_model import FittedModel, ModelSettings
    from mmm_model.fit.stages import Progress

CODE = "code version"
UNKNOWN_CONFIG = "configuration"
SEED = "randomness of the fit"
SECTION = "configuration: {}"
LEFT = "what is left"
READS = ("tables", "week_origin", "week_start", "calendar", "zero_kpi", "checks")
"""Keys of the configuration that decide what the panel is; the section ``tables`` for short."""
SECTIONS = ("tables", "model", "graph", "budget")
FITS = 2
"""Fits whose time all intermediate ones may take together."""

QUANTITIES = ("roi", "contribution", "budget")


@dataclass(frozen=True)
class Situation:
    """One of the two refreshes.

    Parameters
    ----------
    config
        With which it was made.
    values
        Its published numbers by channel and quantity.
    fit
        Its saved final fit; None where it cannot be read or was made by other code.
    """

    config: ProjectConfig
    values: pd.Series
    fit: FittedModel | None = None


@dataclass
class Explanation:
    """Splits the change between two situations.

    Parameters
    ----------
    before, now
        The two.
    data
        Their data under a configuration, which may read the tables otherwise.
    first
        Causes that can only come first: other code, or a configuration that was not kept.
    """

    before: Situation
    now: Situation
    data: Callable[[ProjectConfig], DataStates]
    first: tuple[str, ...] = ()
    progress: Progress | None = None
    fitted: int = 0
    _data: dict[str, DataStates] = field(default_factory=dict)
    _fits: dict[str, FittedModel] = field(default_factory=dict)

    def causes(self) -> tuple[str, ...]:
        """All that differs, in the order in which it is applied."""
        return (
            *self.first,
            *_changed(self.before.config, self.now.config),
            *self._states(self.before.config).causes,
        )

    def split(self) -> pd.DataFrame:
        """Rows of ``mart.changes`` without their key and the week that is compared with."""
        causes = self.causes()
        if not causes:
            return unexplained(self.before.values, self.now.values)
        every = [*states(causes, len(self.first))[0], *states(causes, len(self.first))[1]]
        ends = (every[0], frozenset(causes))
        self._fits = {
            self._key(state): saved
            for state, saved in zip(ends, (self.before.fit, self.now.fit), strict=True)
            if saved is not None and not (state == ends[0] and self.first)
        }
        to_fit = {self._key(s) for s in every if s not in ends} - set(self._fits)
        known = {ends[0]: self.before.values, ends[1]: self.now.values}
        share = min(1.0, FITS / max(1, len(to_fit)))
        parts = split_change(
            causes,
            lambda state: known[state] if state in known else self._values(state, share),
            len(self.first),
        )
        return waterfall(self.before.values, self.now.values, parts)

    def _config(self, state: State) -> ProjectConfig:
        return mixed(self.before.config, self.now.config, state, bool(self.first))

    def _states(self, config: ProjectConfig) -> DataStates:
        key = config.model_dump_json(include=set(READS), exclude=MAKERS)
        if key not in self._data:
            self._data[key] = self.data(config)
        return self._data[key]

    def _knew(self, state: State) -> Knew:
        return self._states(self._config(state)).at(state)

    def _key(self, state: State) -> str:
        """Equal keys, equal fits."""
        config, knew = self._config(state), self._knew(state)
        names = knew.panel.nodes
        return f"{knew.fingerprint} {config.model_settings()} {config.graph_settings(names)}"

    def _values(self, state: State, share: float) -> pd.Series:
        key, config, knew = self._key(state), self._config(state), self._knew(state)
        if key not in self._fits:
            self._fits[key] = self._fit(config, knew, share)
        return values_of(self._fits[key], knew, config)

    def _fit(self, config: ProjectConfig, knew: Knew, share: float) -> FittedModel:
        from mmm_model.fit.training import train_final

        self.fitted += 1
        panel = knew.panel
        return train_final(
            panel,
            fewer_draws(config.model_settings(), share),
            config.graph_settings(panel.nodes),
            self.progress,
            knew.tests,
        )


def fewer_draws(settings: ModelSettings, share: float) -> ModelSettings:
    """Return settings whose fit takes about this share of the time."""
    if share >= 1:
        return settings
    if settings.estimator == "posterior":
        return replace(
            settings,
            draws=max(4, round(settings.draws * share)),
            warmup=max(1, round(settings.warmup * share)),
        )
    return replace(settings, members=max(1, round(settings.members * share)))


def values_of(model: FittedModel, knew: Knew, config: ProjectConfig) -> pd.Series:
    """Work out ROI, contribution and recommended budget of each channel."""
    from mmm_model.budget.recommend import optimal_budgets
    from mmm_model.effects.channel_summary import channel_summary
    from mmm_model.effects.fitted_effects import FittedEffects

    effects = FittedEffects(model, knew.panel)
    settings = config.budget_settings(knew.panel.channels)
    settings = replace(settings, scenarios=settings.scenarios[:1])
    budgets, _ = optimal_budgets(effects.response, knew.panel, settings)
    return values_in(channel_summary(effects), budgets)


def values_in(summary: pd.DataFrame, budgets: pd.DataFrame) -> pd.Series:
    """Numbers by channel and quantity, from rows of ``channel_summary`` and ``optimal_budgets``.

    Of budgets the first scenario counts; of regions that were solved alone, their sum.
    """
    wide = summary.set_index("channel")[["roi", "contribution"]].astype(float)
    if len(budgets):
        rows = budgets[budgets["scenario"] == budgets["scenario"].iloc[0]]
        whole = rows[rows["region"].isna()]
        spend = (whole if len(whole) else rows).groupby("channel")["optimal_spend"].sum()
        wide = wide.assign(budget=spend.astype(float))
    found = wide.reindex(columns=list(QUANTITIES)).stack()
    assert isinstance(found, pd.Series)
    return found.dropna()


def mixed(before: ProjectConfig, now: ProjectConfig, state: State, first: bool) -> ProjectConfig:
    """The configuration of a state: sections of then and of now."""
    if first and not state:
        return before
    update: dict[str, Any] = {}
    for section in SECTIONS:
        source = now if SECTION.format(section) in state else before
        for key in READS if section == "tables" else (section,):
            update[key] = getattr(source, key)
    seed = (now if SEED in state else before).model_settings().seed
    refresh = now.refresh.model_copy(update={"seed": None, "members": None, "holdout_weeks": None})
    chosen = now if SECTION.format("model") in state else before
    moved = {
        name: value
        for name in ("members", "holdout_weeks")
        if (value := getattr(chosen.refresh, name)) is not None
    }
    model = update["model"]
    update["model"] = type(model).model_validate(
        {**model.model_dump(exclude_unset=True), **moved, "seed": seed}
    )
    found = now.model_copy(update={**update, "refresh": refresh})
    found.__dict__.pop("fingerprint", None)
    return found


def _changed(before: ProjectConfig, now: ProjectConfig) -> list[str]:
    seeds = before.model_settings().seed != now.model_settings().seed
    sections = [
        SECTION.format(name) for name in SECTIONS if _section(before, name) != _section(now, name)
    ]
    return [SEED, *sections] if seeds else sections


def _section(config: ProjectConfig, name: str) -> str:
    if name == "tables":
        return config.model_dump_json(include=set(READS), exclude=MAKERS)
    if name == "model":
        return str(replace(config.model_settings(), seed=0))
    return json.dumps(config.model_dump(mode="json", include={name}), sort_keys=True)


def waterfall(before: pd.Series, now: pd.Series, parts: pd.DataFrame) -> pd.DataFrame:
    """Lay the parts of each change out one after the other, from the value before to that now.

    Returns
    -------
    DataFrame
        ``channel, quantity, place, cause, from_value, to_value, share``; causes that changed
        nothing are left out. What was not known before, or is not now, has the one cause `LEFT`.
    """
    rows: list[tuple[Any, ...]] = []
    for key in before.index.intersection(now.index):
        start, end = float(before[key]), float(now[key])
        found = parts.loc[key].dropna() if key in parts.index else pd.Series(dtype=float)
        if len(found) < parts.shape[1]:
            found = pd.Series({LEFT: end - start})
        rows += _stairs(key, start, end, found)
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = ("channel", "quantity", "place", "cause", "from_value", "to_value", "share")


def _stairs(
    key: tuple[str, str], start: float, end: float, parts: Mapping[str, float] | pd.Series
) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    here, total = start, end - start
    for cause, part in parts.items():
        if abs(part) > 1e-9 * max(abs(start), abs(end)):
            share = part / total if total else None
            rows.append((*key, len(rows), cause, here, here + part, share))
            here += part
    return rows


def unexplained(before: pd.Series, now: pd.Series) -> pd.DataFrame:
    """The change of each number, all of it for the cause `LEFT`."""
    return waterfall(before, now, pd.DataFrame({LEFT: now - before}))
