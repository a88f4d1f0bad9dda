"""How far the numbers of a refresh can be believed."""

from collections.abc import Iterator
from datetime import date
from typing import get_args

import dagster as dg

from mmm_assets.config.trust import Test
from mmm_assets.inputs.fits import fits_of
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.assets.changes import changes
from mmm_assets.orchestration.assets.track import forecast_track
from mmm_assets.orchestration.names import Names
from mmm_assets.store.mart_week import read_week, replace_week
from mmm_assets.store.parts import Part, record_part, rows_fingerprint
from mmm_assets.store.project import Project

_MMM_EVAL = ("in_sample_accuracy", "holdout_accuracy", "cross_validation", "refresh_stability")
_CHECKS = {
    **{name: (name,) for name in get_args(Test)},
    "mmm_eval": (*_MMM_EVAL, "shuffled_channel"),
}
"""Check of the asset → the tests of the table that it sums up."""


@dg.asset(
    deps=["channel_summary", "predictions", forecast_track, changes],
    group_name="results",
    kinds={"duckdb", "table"},
    description="How far each number can be believed: width of intervals, prior against data, "
    "hidden confounders, earlier forecasts and mmm-eval's tests at every refresh; placebo, twin "
    "and perturbation, which fit again with short chains, once a month.",
    metadata=metadata.definition_metadata("trust_tests"),
)
def trust_tests(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Put the fit of a refresh week to the test."""
    from mmm_assets.trust.tests_of_refresh import run_tests

    refresh_week = date.fromisoformat(context.partition_key)
    fits = fits_of(project, refresh_week)
    found, seconds = run_tests(fits, context.log.warning)
    made_from = fits.made_from
    with project.warehouse.work() as connection:
        replace_week(connection, "trust_tests", refresh_week, found)
        rows = rows_fingerprint(connection, ("trust_tests",), refresh_week)
        part = Part.by(project.config, rows, made_from)
        record_part(connection, refresh_week, "trust_tests", part)
    doubtful = found[found["verdict"] == "doubtful"]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "doubtful": dg.MetadataValue.md(
                "\n".join(f"- {metadata.escape(line)}" for line in doubtful["sentence"]) or "–"
            ),
            "seconds": metadata.bars(list(seconds), list(seconds.values())),
        }
    )


@dg.multi_asset_check(
    name="trust",
    specs=[
        dg.AssetCheckSpec(name, asset=trust_tests, description="Nothing that it found is doubtful.")
        for name in _CHECKS
    ],
    can_subset=True,
)
def trust_checks(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.AssetCheckResult]:
    """Show each test at its asset; what is doubtful warns, a limit of the configuration holds."""
    asked = context.selected_asset_check_keys
    refresh_week = date.fromisoformat(context.run.tags["dagster/partition"])
    with project.warehouse.work() as connection:
        found = read_week(connection, "trust_tests", refresh_week)
    key = Names.of(project.config).asset("trust_tests")
    for name, tests in _CHECKS.items():
        if dg.AssetCheckKey(key, name) not in asked:
            continue
        own = found[found["test"].isin(tests)]
        doubtful = own.loc[own["verdict"] == "doubtful", "sentence"].tolist()
        said = " ".join(doubtful[:3]) if doubtful else "Nothing that it found is doubtful."
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not doubtful,
            severity=dg.AssetCheckSeverity.WARN,
            description=said if len(own) else "Not run on this refresh, nor on one before it.",
            metadata={"measures": len(own), "doubtful": len(doubtful)},
        )
