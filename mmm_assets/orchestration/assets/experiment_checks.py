"""Checks of the tests that are kept: read when over, spent as designed, expected as measured."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from mmm_assets.orchestration.names import Names
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project

ASSET = "experiment_track"

FOLLOWED = 0.5
"""Share of the planned change of spend that must be delivered, and what may be beyond it."""

_ENOUGH = 5
"""Tests that were read, from which the model can be held against them."""

_INSIDE = 0.6
"""Least share of them near what was expected: of five that keep to 90 %, hardly ever fewer."""

SAID = {
    "tests_are_read": "Every test that is over has a row in the lift tests.",
    "tests_follow_their_design": "Spend in a test's regions changed about as it was designed.",
    "tests_agree_with_the_model": "Of five tests and more, most measured what was expected.",
}


@dg.multi_asset_check(
    name="experiments",
    specs=[dg.AssetCheckSpec(name, asset=ASSET, description=said) for name, said in SAID.items()],
    can_subset=True,
)
def experiment_checks(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.AssetCheckResult]:
    """Say at the asset what somebody has to do about a test; nothing is held."""
    asked = context.selected_asset_check_keys
    refresh_week = date.fromisoformat(context.run.tags["dagster/partition"])
    with project.warehouse.work() as connection:
        track = read_week(connection, "experiment_track", refresh_week)
    key = Names.of(project.config).asset(ASSET)
    for name, find in _FINDINGS.items():
        if dg.AssetCheckKey(key, name) not in asked:
            continue
        said = find(track)
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not said,
            severity=dg.AssetCheckSeverity.WARN,
            description=" ".join(said[:3]) if said else SAID[name],
            metadata={"tests": len(track)},
        )


def unread(track: pd.DataFrame) -> list[str]:
    """Tests that are over and have no result."""
    return [
        f"'{name}' is over: mmm experiment read \"{name}\" --append."
        for name in track.loc[track["status"] == "over", "experiment"]
    ]


def astray(track: pd.DataFrame) -> list[str]:
    """Tests whose spend did not do what was designed."""
    begun = track[track["status"].isin(["running", "over"]) & track["delivered"].notna()]
    done = begun["delivered"] / begun["change"]
    return [
        f"'{row['experiment']}': spend of {row['channel']} changed by {row['delivered']:,.0f} a "
        f"week, {row['change']:,.0f} was planned."
        for _, row in begun[(done - 1.0).abs() > FOLLOWED].iterrows()
    ]


def disagreeing(track: pd.DataFrame) -> list[str]:
    """The scoreboard, where too few tests measured what was expected."""
    read = track["inside"].dropna().astype(bool)
    if len(read) < _ENOUGH or read.mean() >= _INSIDE:
        return []
    return [
        f"{int(read.sum())} of {len(read)} tests measured what the model expected; nine of ten "
        "should. Look at those that are outside, and at the data beside them."
    ]


_FINDINGS = {
    "tests_are_read": unread,
    "tests_follow_their_design": astray,
    "tests_agree_with_the_model": disagreeing,
}
