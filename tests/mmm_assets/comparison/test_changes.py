"""Each cause is planted alone, and among others: it gets what it did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmm_assets.comparison.changes import (
    CODE,
    SEED,
    Explanation,
    Situation,
    fewer_draws,
    values_of,
)
from mmm_assets.comparison.data_states import GONE, NEW, RESTATED, DataStates, Knew, since
from mmm_assets.config import ProjectConfig
from mmm_model import ModelSettings, Panel
from mmm_model.fit.training import train_final

MODEL = {
    "estimator": "search", "members": 1, "steps": 4, "gru_width": 0, "lag_weeks": 3,
    "harmonics": 0, "holdout_weeks": 4, "seed": 0,
}  # fmt: skip
TABLES = {
    "media": {
        "source": "media.csv", "layout": "long", "week": "week", "channel": "channel",
        "spend": "spend",
    },
    "kpi": {"source": "kpi.csv", "week": "week", "kpi": "sales", "value_per_kpi": 1.0},
}  # fmt: skip


def config(**changed: Any) -> ProjectConfig:
    """A configuration whose fit takes a moment; the model's keys may be changed, and sections."""
    model = {**MODEL, **{k: changed.pop(k) for k in list(changed) if k in MODEL}}
    budget = {"by_region": False, "scenarios": {"same": 1.0}, **changed.pop("budget", {})}
    content = {"tables": TABLES, "model": model, "budget": budget, "graph": {"enabled": False}}
    return ProjectConfig.model_validate({**content, **changed})


def panel(weeks: int = 80) -> Panel:
    rng = np.random.default_rng(3)
    spend = rng.gamma(2.0, 20.0, (1, 120, 2)) * (rng.random((1, 120, 2)) < 0.7)
    effect = (spend / (spend + 40.0)) @ np.array([60.0, 30.0])
    kpi = 200 + effect + rng.normal(0, 2, (1, 120))
    whole = Panel(
        regions=("national",),
        weeks=pd.date_range("2023-01-02", periods=120, freq="7D", unit="us"),
        channels=("tv", "radio"),
        controls=(),
        kpi=kpi,
        observed=np.ones((1, 120), dtype=bool),
        exposure=spend,
        spend=spend,
        control=np.zeros((1, 120, 0)),
        value_per_kpi=np.ones((1, 120)),
    )
    return whole.head(weeks)


def dearer(given: Panel) -> Panel:
    """Each unit of the KPI was worth twice as much all along."""
    return replace(given, value_per_kpi=2 * given.value_per_kpi)


def situation(made_with: ProjectConfig, knew: Panel) -> Situation:
    settings = made_with.model_settings()
    model = train_final(knew, settings, made_with.graph_settings(knew.channels))
    return Situation(made_with, values_of(model, Knew(knew), made_with), model)


def explain(
    before: ProjectConfig,
    now: ProjectConfig,
    then: Panel,
    then_as_now: Panel,
    known: Panel,
    **more: Any,
) -> Explanation:
    data = DataStates(Knew(then), Knew(then_as_now), Knew(known))
    made = situation(before, then), situation(now, known)
    return Explanation(*made, lambda _: data, **more)


def share(found: pd.DataFrame, quantity: str, cause: str) -> float:
    """Share of the cause in the changes of both channels, by size."""
    rows = found[found["quantity"] == quantity]
    moved = (rows["to_value"] - rows["from_value"]).abs()
    return float(moved[rows["cause"] == cause].sum() / moved.sum())


SAME, OTHER = config(), config(steps=12, lag_weeks=8)
ALONE = {
    NEW: ((SAME, SAME, panel(), panel(), panel(90)), "contribution"),
    RESTATED: ((SAME, SAME, panel(), dearer(panel()), dearer(panel())), "roi"),
    GONE: ((SAME, SAME, panel(), panel(), since(panel(), panel().weeks[30])), "contribution"),
    SEED: ((config(members=3), config(members=3, seed=8), panel(), panel(), panel()), "roi"),
    "configuration: model": ((SAME, OTHER, panel(), panel(), panel()), "roi"),
    "configuration: budget": (
        (SAME, config(budget={"scenarios": {"more": 1.5}}), panel(), panel(), panel()),
        "budget",
    ),
}


@pytest.mark.parametrize("cause", ALONE)
def test_a_cause_that_is_alone_gets_all_and_costs_no_fit(cause: str) -> None:
    states, quantity = ALONE[cause]
    explanation = explain(*states)
    found = explanation.split()
    assert explanation.causes() == (cause,)
    assert share(found, quantity, cause) == pytest.approx(1.0)
    assert explanation.fitted == 0


def test_planted_causes_are_found_among_all_others() -> None:
    """A value that was restated doubles returns, another scenario doubles the budget."""
    now = config(budget={"scenarios": {"twice": 2.0}}, steps=5, seed=1)
    known = dearer(panel(84))
    explanation = explain(SAME, now, panel(), dearer(panel()), known)
    found = explanation.split()
    assert set(explanation.causes()) == {
        SEED, "configuration: model", "configuration: budget", RESTATED, NEW,
    }  # fmt: skip
    assert share(found, "roi", RESTATED) > 0.9
    assert share(found, "budget", "configuration: budget") > 0.9
    assert 0 < explanation.fitted <= 2 * 4
    for (channel, quantity), part in found.groupby(["channel", "quantity"]):
        key = (channel, quantity)
        assert part["from_value"].iloc[0] == pytest.approx(explanation.before.values[key])
        assert part["to_value"].iloc[-1] == pytest.approx(explanation.now.values[key])
        assert part["share"].sum() == pytest.approx(1.0)


def test_what_other_code_did_is_told_from_what_new_weeks_do() -> None:
    explanation = explain(SAME, SAME, panel(), panel(), panel(82), first=(CODE,))
    before = replace(explanation.before, values=3.0 * explanation.before.values, fit=None)
    explanation = replace(explanation, before=before)
    found = explanation.split()
    assert explanation.causes() == (CODE, NEW)
    assert share(found, "contribution", CODE) > 0.9
    assert explanation.fitted == 1  # the state of then under the code of now


def test_many_fits_have_fewer_draws_each() -> None:
    assert fewer_draws(ModelSettings(), 1.0) == ModelSettings()
    fewer = fewer_draws(ModelSettings(), 1 / 3)
    assert (fewer.draws, fewer.warmup) == (43, 40)
    assert fewer_draws(ModelSettings(estimator="search", members=9), 1 / 3).members == 3
