"""Late data through Dagster: what moved, what was known then, and what is waived."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pandas as pd
import pytest
from typer.testing import CliRunner

from mmm_assets import mart
from mmm_assets.cli import app
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.roles import ROLES
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.run import dagster_instance, refresh
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import CONFIG, run_week

EARLIER, NEWEST = date(2024, 6, 24), date(2024, 7, 8)
RESTATED = tuple(f"{week:%Y-%m-%d}" for week in pd.date_range("2024-01-08", periods=14, freq="7D"))


def tables(config: ProjectConfig) -> dict[str, pd.DataFrame]:
    with Project(config).warehouse.published() as connection:
        return {t.name: read_week(connection, t.name, NEWEST) for t in mart.TABLES}


def test_restated_weeks_move_what_they_should_and_the_past_can_be_had_again(
    project: ProjectConfig,
) -> None:
    before = tables(project)
    [known_on] = before["refreshes"]["known_on"]
    kpi = pd.read_csv(project.folder / "kpi.csv")
    cells = kpi["week"].isin(RESTATED) & (kpi["region"] == "north")
    old = kpi.loc[cells, "sales"]
    kpi.loc[cells, "sales"] = (old * 1.5).round(2)
    kpi.to_csv(project.folder / "kpi.csv", index=False)
    lift = pd.read_csv(project.folder / "lift.csv")
    lift["delta_y"] *= 3
    lift.to_csv(project.folder / "lift.csv", index=False)

    assert run_week(project, NEWEST).status == "published"
    after = tables(project)
    moved = after["restatements"]
    assert sorted(str(week)[:10] for week in moved["week"]) == sorted(RESTATED)
    assert set(moved["kind"]) == {"restated"}
    assert set(before["changes"]["cause"]) == {"new weeks"}
    assert "restated, withdrawn or late rows" in set(after["changes"]["cause"])
    for _, part in after["changes"].groupby(["channel", "quantity"]):
        assert part["share"].sum() == pytest.approx(1.0)
    change = (kpi.loc[cells, "sales"] - old).to_numpy()
    assert moved["money"].to_numpy() == pytest.approx(2.5 * change)
    keys = ["region", "week", "split"]
    actual = [t["predictions"].set_index(keys)["actual"] for t in (before, after)]
    changed = actual[0][actual[0] != actual[1]].reset_index()
    assert set(changed["region"]) == {"north"}
    assert {str(week)[:10] for week in changed["week"]} == set(RESTATED)

    with dagster_instance(project) as instance:
        again = refresh(project, instance, NEWEST, as_known_on=known_on.isoformat())
    assert again.status == "published", again.messages
    of_the_run = ["run_id", "published_at", "seconds", "about_hash", "knowledge"]
    now = tables(project)
    assert now["refreshes"]["knowledge"].tolist() == ["asked"]
    for name, expected in before.items():
        drop = of_the_run if name == "refreshes" else []
        pd.testing.assert_frame_equal(
            now[name].drop(columns=drop), expected.drop(columns=drop), check_exact=True, obj=name
        )

    file = project.folder / "known.csv"
    command = ["known", "kpi", "--on", known_on.isoformat(), "--out", str(file)]
    result = CliRunner().invoke(app, [*command, "--config", str(project.path)])
    assert result.exit_code == 0, result.output
    north = pd.read_csv(file).query("week in @RESTATED and region == 'north'")
    assert north["kpi"].tolist() == old.tolist()


def to_the_panel(config: ProjectConfig) -> dg.ExecuteInProcessResult:
    """Load, check and build the panel of the newest week."""
    return (
        build_definitions(config)
        .resolve_job_def("refresh")
        .execute_in_process(
            asset_selection=[dg.AssetKey(name) for name in (*(f"raw_{r}" for r in ROLES), "panel")],
            partition_key=NEWEST.isoformat(),
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
    )


def test_a_waived_rule_does_not_stop_the_refresh_and_is_shown(project: ProjectConfig) -> None:
    media = pd.read_csv(project.folder / "media.csv")
    media.loc[5, "spend"] = -1.0
    media.to_csv(project.folder / "media.csv", index=False)
    assert not to_the_panel(project).success
    until = datetime.now(UTC).date() + timedelta(days=1)
    waiver = f"{{rule: media.values_not_negative, reason: refunds, until: {until}}}"
    project.path.write_text(f"{CONFIG}checks: {{waivers: [{waiver}]}}\n")
    config = load_config(project.path)
    run = to_the_panel(config)
    assert run.success
    [broken] = [e for e in run.get_asset_check_evaluations() if not e.passed]
    assert broken.severity == dg.AssetCheckSeverity.WARN
    assert "refunds" in str(broken.description)
    assert broken.metadata["failed_rows"].value == 1
    assert "media.csv" in str(broken.metadata["rows"].value)
    with Project(config).warehouse.work() as connection:
        checks = read_week(connection, "data_checks", NEWEST).query("rule == 'values_not_negative'")
    [row] = checks[checks["table_name"] == "media"].itertuples()
    assert row.waived_until.date() == until
    assert row.waiver_reason == "refunds"
