"""A plan from its adoption over later refreshes to its score, with all that may go wrong."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import run_week, write_tiniest

ON, NEXT, LAST = date(2023, 10, 9), date(2023, 10, 16), date(2023, 10, 30)
"""The refresh that promises; the next, and the one in which the plan is over."""


@pytest.fixture(scope="module")
def tracked(built_once) -> ProjectConfig:
    """A plan of three weeks that was adopted, and the refreshes after it. Shared: read it."""

    def build(folder: Path) -> None:
        write_tiniest(folder)
        file = folder / "mmm.yaml"
        file.write_text(file.read_text() + "retention: {models: 1}\n")
        config = load_config(file)
        assert run_week(config, ON).status == "published"
        asked = ("--horizon", "3", "--adopt", " Q4  now ", "--who", "Ann", "--reason", "agreed")
        code, said = run("plan", "-c", file, *asked)
        assert code == 0, said
        (folder / "said.txt").write_text(said)
        for week in (NEXT, LAST):
            outcome = run_week(config, week)
            assert outcome.status == "published", outcome.messages

    return load_config(built_once("tracked", build) / "mmm.yaml")


def rows(config: ProjectConfig, sql: str) -> pd.DataFrame:
    with Project(config).warehouse.published() as connection:
        return connection.execute(sql).df()


def test_a_plan_is_kept_with_its_promise(tracked: ProjectConfig) -> None:
    said = (tracked.folder / "said.txt").read_text()
    assert "Adopted as 'Q4 now', 2023-10-16 to 2023-10-30" in said and "90 % interval" in said
    [plan] = rows(tracked, "FROM mart.current_plans").to_dict("records")
    assert (plan["plan"], plan["who"], plan["reason"]) == ("Q4 now", "Ann", "agreed")
    assert plan["lower"] < plan["kpi"] < plan["upper"]
    lines = rows(tracked, "FROM mart.plan_lines")
    by_channel = lines[lines["channel"].notna()]
    assert len(by_channel) == 2 * 3 * 3  # regions, weeks, channels
    assert by_channel["spend"].sum() == pytest.approx(plan["spend"])
    [trail] = rows(tracked, "FROM mart.decisions").to_dict("records")
    assert (trail["action"], trail["about"]) == ("adopt plan", "Q4 now")


def test_every_later_refresh_compares(tracked: ProjectConfig) -> None:
    scores = rows(tracked, "FROM mart.plan_scores ORDER BY refresh_week")
    assert scores["status"].tolist() == ["running", "ended"]
    assert scores["weeks_over"].tolist() == [1, 3] and scores["note"].tolist() == ["", ""]
    promise = rows(
        tracked,
        "SELECT kpi_to_date FROM mart.plan_lines WHERE region IS NULL ORDER BY week",
    )["kpi_to_date"]
    assert scores["promised"].tolist() == pytest.approx([promise.iloc[0], promise.iloc[2]])
    actual = pd.read_csv(tracked.folder / "kpi.csv", parse_dates=["week"])
    for week, score in zip((NEXT, LAST), scores.to_dict("records"), strict=True):
        own = actual[(actual["week"] > str(ON)) & (actual["week"] <= str(week))]
        assert score["kpi"] == pytest.approx(own["sales"].sum())
        causes = rows(
            tracked,
            f"SELECT sum(kpi) AS kpi, count(*) AS rows FROM mart.plan_causes "
            f"WHERE refresh_week = '{week}' AND channel IS NULL",
        ).iloc[0]
        assert causes["rows"] == 6
        assert causes["kpi"] == pytest.approx(score["kpi"] - score["promised"])
    end = rows(tracked, "FROM mart.plan_track WHERE part = 'to the end' AND channel IS NULL")
    assert [str(week)[:10] for week in end["refresh_week"]] == [str(NEXT)]  # not once it is over
    moves = rows(tracked, "FROM mart.plan_moves WHERE channel IS NULL")
    assert len(moves) == 1
    assert moves["advised_spend"].item() == pytest.approx(moves["planned_spend"].item(), abs=0.02)


def test_the_fit_that_promised_outlives_retention_as_long_as_it_is_needed(
    tracked: ProjectConfig,
) -> None:
    kept = sorted(path.name for path in (Project(tracked).warehouse.folder / "models").iterdir())
    assert kept == [str(ON), str(LAST)]


def test_plans_are_listed_shown_and_on_the_page(tracked: ProjectConfig, tmp_path: Path) -> None:
    code, said = run("plans", "-c", tracked.path)
    assert code == 0 and "Q4 now" in said and "ended" in said
    assert "Of 1 plan that began" in said
    file = tmp_path / "promise.csv"
    code, said = run("plans", "q4 NOW", "-c", tracked.path, "--csv", file)
    assert code == 0, said
    assert pd.read_csv(file)["kpi"].notna().all()
    page = (tracked.reports_folder / str(LAST) / "index.html").read_text()
    for view in ("plans-track", "plans-causes", "plans-delivery", "plans-scorecard"):
        assert f'id="{view}"' in page
    first = (tracked.reports_folder / str(ON) / "index.html").read_text()
    assert "Q4 now" in first  # drawn anew when it was adopted


def agreed(config: ProjectConfig, tmp_path: Path, weeks: list[str], **cells: object) -> Path:
    """A CSV of a plan that people agreed: every channel, the same money."""
    channels = rows(config, "SELECT DISTINCT channel FROM mart.plan_lines")["channel"].dropna()
    found = pd.DataFrame(
        [(week, name, 100.0) for week in weeks for name in channels],
        columns=["week", "channel", "spend"],
    ).astype(object)
    for column, value in cells.items():
        found.loc[1, column] = value
    file = tmp_path / "plan.csv"
    found.to_csv(file, index=False)
    return file


@pytest.mark.parametrize(
    ("weeks", "cells", "message"),
    [
        (["2023-10-30"], {}, "week is past: the refresh has seen those up to 2023-10-30"),
        (["2023-11-06", "2023-11-20"], {}, "no rows of the week of 2023-11-13"),
        (["2023-11-06"], {"channel": "print"}, "line 3: channel is none of"),
        (["2023-11-06"], {"spend": -1}, "line 3: spend is no amount of 0 or more"),
        (["2023-11-06"], {"week": "soon"}, "line 3: week is no date"),
        (["2023-11-06"], {"channel": "tv", "week": "2023-11-09"}, "is there twice"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_by_line(
    tracked: ProjectConfig, tmp_path: Path, weeks: list[str], cells: dict, message: str
) -> None:
    file = agreed(tracked, tmp_path, weeks, **cells)
    code, said = run("plan", "-c", tracked.path, "--adopt", "next", "--weeks-file", file)
    assert code == EXIT["usage"] and message in " ".join(said.split()), said
    assert len(rows(tracked, "FROM mart.plans")) == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["plan", "--adopt", "q4 NOW", "--horizon", "2"], "there is a plan 'Q4 now' already"),
        (["plan", "--adopt", "late", "--week", str(ON)], "which is past"),
        (["plan", "--adopt", " "], "a plan needs a name"),
        (["plan", "--weeks-file", "plan.csv"], "say --adopt NAME"),
        (["plan", "--weeks-file", "p.csv", "--adopt", "x", "--budget", "9"], "and no budget"),
        (["plans", "other"], "there is no plan 'other'; there are 'Q4 now'"),
        (["plans", "Q4 now", "--withdraw"], "no reason is given"),
        (["plans", "Q4 now", "--withdraw", "--reason", "x"], "ended with the week of"),
        (["plans", "--withdraw"], "say which plan"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_next_step(
    tracked: ProjectConfig, command: list[str], message: str
) -> None:
    code, said = run(*command, "-c", tracked.path)
    assert code == EXIT["usage"] and message in said, said
    assert len(rows(tracked, "FROM mart.decisions")) == 1


@pytest.fixture
def own(tracked: ProjectConfig, tmp_path: Path) -> ProjectConfig:
    """A copy of the project, to decide in."""
    folder = tmp_path / "own"
    shutil.copytree(tracked.folder, folder)
    return load_config(folder / "mmm.yaml")


def launch(config: ProjectConfig, job: str, op: str, **asked: object) -> dg.ExecuteInProcessResult:
    return (
        build_definitions(config)
        .resolve_job_def(job)
        .execute_in_process(
            run_config={"ops": {op: {"config": asked}}},
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
    )


def test_the_launchpad_adopts_and_withdraws_and_the_weeks_are_free_again(
    own: ProjectConfig, tmp_path: Path
) -> None:
    made = launch(own, "plan", "best_budget", adopt="Q1", horizon=2, who="Ann")
    assert made.success
    [output] = made.filter_events(lambda event: event.is_successful_output)
    assert "Adopted as" in output.step_output_data.metadata["answer"].value
    given = ("plan", "--adopt", "Q1 again", "--horizon", "2", "--spend", "tv=1000", "-c", own.path)
    code, said = run(*given)
    assert code == EXIT["usage"] and "overlaps 'Q1'" in said

    taken = launch(own, "withdraw_plan", "withdraw_kept_plan", plan="q1", reason="cut", who="Bo")
    assert taken.success
    page = (own.reports_folder / str(LAST) / "index.html").read_text()
    assert "withdrawn by Bo: cut" in page
    code, said = run(*given)
    assert code == 0, said
    spend = rows(own, "SELECT sum(spend) AS spend FROM mart.plan_lines WHERE plan = 'Q1 again' "
                 "AND channel = 'tv'")["spend"].item()  # fmt: skip
    assert spend == pytest.approx(1000.0)
    decided = rows(own, "FROM mart.decisions ORDER BY decided_at")
    assert decided["action"].tolist() == ["adopt plan", "adopt plan", "withdraw plan", "adopt plan"]
    assert decided["decided_in"].tolist()[1:3] == [made.run_id, taken.run_id]


def test_a_plan_that_people_agreed_begins_when_its_file_says(
    own: ProjectConfig, tmp_path: Path
) -> None:
    file = agreed(own, tmp_path, ["2023-11-13", "2023-11-20"])
    code, said = run("plan", "-c", own.path, "--adopt", "agreed", "--weeks-file", file)
    assert code == 0, said
    kept = rows(own, "FROM mart.plan_lines WHERE plan = 'agreed' AND channel IS NOT NULL")
    assert sorted(kept["week"].unique()) == list(pd.to_datetime(["2023-11-13", "2023-11-20"]))
    by_channel = kept.groupby(["week", "channel"])["spend"].sum()
    assert by_channel.tolist() == pytest.approx([100.0] * len(by_channel))
