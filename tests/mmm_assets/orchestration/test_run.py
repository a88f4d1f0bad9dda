"""A refresh from the raw tables to the published file, through Dagster."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg
import pandas as pd
import pytest

from mmm_assets import mart
from mmm_assets.config import ProjectConfig
from mmm_assets.mart.kpis import KPI_TABLES
from mmm_assets.mart.plans import PLAN_TABLES
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.run import PROCESS_TAG, dagster_instance
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import CHANNELS, run_week

EARLIER, NEWEST = date(2024, 6, 24), date(2024, 7, 8)


def table(config: ProjectConfig, name: str, week: date) -> pd.DataFrame:
    with Project(config).warehouse.published() as connection:
        return read_week(connection, name, week)


def test_every_mart_table_is_filled_for_both_weeks(refreshed: ProjectConfig) -> None:
    for week in (EARLIER, NEWEST):
        for declared in mart.TABLES:
            # Three channels need not drive each other, none has a frequency, no control a kind;
            # nothing was restated, nobody decided, planned or tested, two members rank no tests.
            may_be_empty = {
                "channel_graph", "edge_tests", "first_stages", "restatements", "decisions",
                "frequency", "treatments", "long_term", "experiment_ideas", "experiments",
                "campaign_summary", "mediators", "mediator_weeks",
                *(plans.name for plans in PLAN_TABLES),
                *(of_several.name for of_several in KPI_TABLES),
            }  # fmt: skip
            if week == EARLIER:  # nobody forecast its weeks before, nothing was published
                may_be_empty |= {"forecast_track", "forecast_skill", "changes"}
            if declared.name not in may_be_empty:
                assert len(table(refreshed, declared.name, week)), declared.name


def test_current_views_show_the_newest_week(refreshed: ProjectConfig) -> None:
    with Project(refreshed).warehouse.published() as connection:
        for declared in mart.TABLES:
            weeks = connection.execute(
                f"SELECT DISTINCT refresh_week FROM mart.current_{declared.name}"
            ).fetchall()
            assert weeks in ([(NEWEST,)], []), declared.name


def test_contributions_add_up_to_the_prediction(refreshed: ProjectConfig) -> None:
    parts = table(refreshed, "contributions", NEWEST)
    total = parts.groupby(["region", "week"])["contribution"].sum()
    predicted = table(refreshed, "predictions", NEWEST).query("split == 'train'")
    predicted = predicted.set_index(["region", "week"])["predicted"]
    assert len(predicted) == len(total)
    pd.testing.assert_series_equal(
        total.sort_index(), predicted.sort_index(), rtol=1e-5, check_names=False
    )


def test_the_holdout_is_the_last_weeks(refreshed: ProjectConfig) -> None:
    held = table(refreshed, "predictions", NEWEST).query("split == 'holdout'")
    expected = [pd.Timestamp(NEWEST) - timedelta(weeks=n) for n in range(5, -1, -1)]
    assert sorted(held["week"].unique()) == expected


def test_roi_is_value_over_spend(refreshed: ProjectConfig) -> None:
    channels = table(refreshed, "channel_summary", NEWEST)
    assert set(channels["channel"]) == set(CHANNELS)
    expected = 2.5 * channels["contribution"] / channels["spend"]
    pd.testing.assert_series_equal(channels["roi"], expected, rtol=1e-6, check_names=False)
    assert (channels["roi_lower"] <= channels["roi"]).all()
    assert (channels["roi"] <= channels["roi_upper"]).all()


def test_budgets_of_the_same_total_spend_the_same(refreshed: ProjectConfig) -> None:
    budgets = table(refreshed, "optimal_budgets", NEWEST)
    same = budgets[(budgets["scenario"] == "same_budget") & budgets["region"].isna()]
    assert same["optimal_spend"].sum() == pytest.approx(same["current_spend"].sum(), abs=0.01)


def test_the_weeks_ahead_spend_what_the_budget_says(refreshed: ProjectConfig) -> None:
    weeks = table(refreshed, "weekly_budgets", NEWEST)
    assert weeks["week"].nunique() == 13
    assert str(weeks["week"].min())[:10] == "2024-07-15"
    assert weeks["scenario"].unique().tolist() == ["same_budget"]
    total = weeks["optimal_spend"].sum()
    assert total == pytest.approx(weeks["current_spend"].sum(), abs=0.011)
    curves = table(refreshed, "response_curves", NEWEST)
    now = curves[curves["is_current"] & curves["region"].isna()]
    assert (now["horizon_response"] > 0).any() and now["roi"].notna().all()
    costs = table(refreshed, "exposure_costs", NEWEST)
    assert costs["cost_per_exposure"].dropna().between(1 / 95, 1 / 85).all()


def test_a_lift_test_stands_beside_what_the_model_said_and_says(refreshed: ProjectConfig) -> None:
    [test] = table(refreshed, "lift_tests", NEWEST).to_dict("records")
    assert test["channel"] == CHANNELS[1] and str(test["start_week"])[:10] == "2023-10-09"
    # The table was made with this lift: both say it, as nearly as so few draws can.
    for when in ("before", "after"):
        assert test[when] == pytest.approx(test["measured"], abs=2 * test["standard_error"])
    assert not test["conflicts"]


def test_an_earlier_refresh_saw_no_later_data(project: ProjectConfig) -> None:
    before = {
        declared.name: table(project, declared.name, EARLIER)
        for declared in mart.TABLES
        if declared.name not in ("refreshes", "data_checks")
    }
    kpi_file = project.folder / "kpi.csv"
    kpi = pd.read_csv(kpi_file)
    kpi.loc[pd.to_datetime(kpi["week"]) > pd.Timestamp(EARLIER), "sales"] *= 7
    kpi.to_csv(kpi_file, index=False)
    assert run_week(project, EARLIER).status == "published"
    for name, frame in before.items():
        pd.testing.assert_frame_equal(table(project, name, EARLIER), frame, check_exact=True)
    assert len(table(project, "refreshes", NEWEST)) == 1


def rerun(config: ProjectConfig, asset: str) -> dg.ExecuteInProcessResult:
    return (
        build_definitions(config)
        .resolve_job_def("refresh")
        .execute_in_process(
            asset_selection=[dg.AssetKey(asset)],
            partition_key=NEWEST.isoformat(),
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
    )


def test_one_asset_can_be_materialised_again(project: ProjectConfig) -> None:
    before = table(project, "response_curves", NEWEST)
    assert rerun(project, "response_curves").success
    with Project(project).warehouse.work() as connection:
        again = read_week(connection, "response_curves", NEWEST)
    pd.testing.assert_frame_equal(again, before)


def test_why_numbers_changed_stands_in_the_mart_and_on_the_page(refreshed: ProjectConfig) -> None:
    assert table(refreshed, "changes", EARLIER).empty
    found = table(refreshed, "changes", NEWEST).set_index(["channel", "quantity"])
    assert set(found["cause"]) == {"new weeks"}
    now, before = (
        table(refreshed, "channel_summary", week).set_index("channel") for week in (NEWEST, EARLIER)
    )
    for channel in CHANNELS:
        row = found.loc[(channel, "roi")]
        assert row["from_value"] == pytest.approx(before.loc[channel, "roi"])
        assert row["to_value"] == pytest.approx(now.loc[channel, "roi"])
    page = (refreshed.reports_folder / NEWEST.isoformat() / "index.html").read_text()
    assert "Why it changed" in page and "all of it through new weeks" in page


def test_a_held_refresh_leaves_the_published_one(project: ProjectConfig) -> None:
    warehouse = Project(project).warehouse
    with warehouse.work() as connection:
        connection.execute(
            "UPDATE mart.channel_summary SET direct = -1 WHERE refresh_week = ?", [NEWEST]
        )
    before = warehouse.published_file.read_bytes()
    result = rerun(project, "published_refresh")
    assert not result.success
    failure = result.filter_events(lambda event: event.is_step_failure)[0].step_failure_data
    assert "media_never_hurts" in failure.user_failure_data.description
    assert warehouse.published_file.read_bytes() == before

    warehouse.published_file.unlink()  # nothing to protect: the rows are shown, as held
    assert rerun(project, "published_refresh").success
    assert table(project, "refreshes", NEWEST)["status"].tolist() == ["held"]
    with warehouse.published() as connection:
        assert connection.execute("SELECT * FROM mart.current_predictions").fetchall() == []


def test_a_trust_limit_holds_a_refresh_and_names_itself(project: ProjectConfig) -> None:
    with Project(project).warehouse.work() as connection:
        connection.execute(
            "UPDATE mart.trust_tests SET holds = true, hold_limit = 0.9 "
            "WHERE refresh_week = ? AND measure = 'to_half' AND channel = 'tv'",
            [NEWEST],
        )
    result = rerun(project, "published_refresh")
    failure = result.filter_events(lambda event: event.is_step_failure)[0].step_failure_data
    said = failure.user_failure_data.description
    assert "hidden_confounder.to_half of tv: 0." in said and "the limit is 0.9" in said
    assert "would halve its effect" in said and "What moved most" in said
    assert f"mmm publish --week {NEWEST}" in said and "mmm rollback" in said


def test_a_week_that_is_no_partition_is_refused(project: ProjectConfig) -> None:
    with pytest.raises(ValueError, match="is not a refresh week"):
        run_week(project, date(2024, 7, 9))


def test_the_dashboard_lies_where_it_should(refreshed: ProjectConfig) -> None:
    for week in (EARLIER, NEWEST):
        page = refreshed.reports_folder / week.isoformat() / "index.html"
        assert page.stat().st_size > 1_000_000  # Plotly is inside
    index = (refreshed.reports_folder / "index.html").read_text()
    assert EARLIER.isoformat() in index
    assert NEWEST.isoformat() in index


def test_the_run_of_a_killed_process_is_marked_as_failed(project: ProjectConfig) -> None:
    with dagster_instance(project) as instance:
        run = instance.create_run_for_job(
            build_definitions(project).resolve_job_def("refresh"),
            tags={PROCESS_TAG: "0" * 32},
            status=dg.DagsterRunStatus.STARTED,
        )
    with dagster_instance(project) as instance:
        buried = instance.get_run_by_id(run.run_id)
    assert buried is not None
    assert buried.status == dg.DagsterRunStatus.FAILURE
