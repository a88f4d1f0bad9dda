"""A held refresh is published and a published one taken back: by whom, why, and who sees it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.publication import finish_interrupted
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_weeks, refreshes
from tests.mmm_assets.cli.terminal import run

EARLIER, NEWEST = date(2024, 6, 24), date(2024, 7, 8)
GATE = "media_never_hurts: channel tv: direct contribution -1"


def hold(config: ProjectConfig, week: date = NEWEST) -> None:
    """Leave a refresh as a gate does that stops it."""
    warehouse = Project(config).warehouse
    with warehouse.work() as connection:
        connection.execute(
            "UPDATE mart.refreshes SET status = 'held', reason = ? WHERE refresh_week = ?",
            [GATE, week],
        )
    warehouse.publish(week)


def decisions(config: ProjectConfig) -> pd.DataFrame:
    with Project(config).warehouse.published() as connection:
        return connection.execute("FROM mart.decisions ORDER BY decided_at").df()


def shown(config: ProjectConfig) -> str:
    """The week that the current views show."""
    with Project(config).warehouse.published() as connection:
        rows = connection.execute("SELECT DISTINCT refresh_week FROM mart.current_channel_summary")
        return ", ".join(str(week) for (week,) in rows.fetchall())


def page(config: ProjectConfig, week: date = NEWEST) -> str:
    return (config.reports_folder / week.isoformat() / "index.html").read_text()


def test_a_held_refresh_is_published_with_a_reason_that_stays(project: ProjectConfig) -> None:
    hold(project)
    assert shown(project) == str(EARLIER)
    why = ("--reason", "radio was <b>off</b>", "--who", "Ann")
    code, said = run("publish", "--week", NEWEST.isoformat(), *why, "-c", project.path)
    assert code == 0, said
    assert shown(project) == str(NEWEST)
    [row] = decisions(project).to_dict("records")
    told = {name: row[name] for name in ("action", "who", "reason", "before")}
    assert told == {
        "action": "publish", "who": "Ann", "reason": "radio was <b>off</b>", "before": GATE,
    }  # fmt: skip
    assert "by Ann on" in page(project) and "radio was &lt;b&gt;off&lt;/b&gt;" in page(project)
    reason = refreshes(Project(project).warehouse)[NEWEST].reason
    assert "Ann" in reason and GATE in reason
    assert "published by Ann" in run("status", "--json", "-c", project.path)[1]


def test_a_refresh_is_taken_back_and_published_again(project: ProjectConfig) -> None:
    code, said = run("rollback", "--reason", "wrong prices", "-c", project.path)
    assert code == 0 and f"that of {EARLIER} is published again" in said
    assert shown(project) == str(EARLIER)
    assert "wrong prices" in page(project)
    found = refreshes(Project(project).warehouse)[NEWEST]
    assert found.status == "held" and "wrong prices" in found.reason
    code, said = run(
        "publish", "--week", NEWEST.isoformat(), "--reason", "mended", "-c", project.path
    )
    assert code == 0, said
    assert shown(project) == str(NEWEST)
    assert decisions(project)["action"].tolist() == ["rollback", "publish"]
    assert run("verify", "-c", project.path)[0] == 0


def test_a_held_refresh_says_what_moved_and_both_commands(project: ProjectConfig) -> None:
    hold(project)
    code, said = run("report", "--week", NEWEST.isoformat(), "-c", project.path)
    assert code == EXIT["usage"] and "no refresh of" in said  # of published ones alone
    from mmm_assets.report.standing import standing_lines

    with Project(project).warehouse.published() as connection:
        lines = standing_lines(connection, NEWEST)
    told = " ".join(lines)
    assert lines[0] == GATE
    assert f"moved most since the refresh of {EARLIER}: " in told and "ROI from" in told
    assert f"mmm publish --week {NEWEST} --reason" in told and "mmm rollback --reason" in told


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["publish"], "say which held refresh"),
        (["publish", "--all", "--week", "2024-07-08"], "say which held refresh"),
        (["publish", "--week", "2024-07-08", "--reason", "why"], "is published already"),
        (["publish", "--week", "2024-07-01", "--reason", "why"], "no finished refresh of"),
        (["publish", "--week", "2024-07-08", "--reason", "  "], "no reason is given"),
        (["rollback"], "no reason is given"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_next_step(
    refreshed: ProjectConfig, command: list[str], message: str
) -> None:
    code, said = run(*command, "-c", refreshed.path)
    assert code == EXIT["usage"]
    assert message in said
    assert "mmm " in said or "--reason" in said


def test_there_must_be_something_to_go_back_to(project: ProjectConfig) -> None:
    hold(project, EARLIER)
    before = Project(project).warehouse.published_file.read_bytes()
    code, said = run("rollback", "--reason", "why", "-c", project.path)
    assert code == EXIT["usage"]
    assert f"nothing to go back to: {NEWEST} is the only published refresh" in said
    assert Project(project).warehouse.published_file.read_bytes() == before


def test_a_week_that_is_half_made_anew_is_not_published(project: ProjectConfig) -> None:
    hold(project)
    with Project(project).warehouse.work() as connection:
        connection.execute(
            "DELETE FROM staging.parts WHERE part = 'predictions' AND refresh_week = ?", [NEWEST]
        )
    code, said = run("publish", "--week", NEWEST.isoformat(), "--reason", "why", "-c", project.path)
    assert code == EXIT["usage"] and f"mmm refresh --week {NEWEST}" in said
    assert published_weeks(Project(project).warehouse) == [EARLIER]


def test_an_attempt_that_was_held_is_no_part_of_what_is_taken_back(project: ProjectConfig) -> None:
    """A newer attempt at the week waits in the working file; the published one is taken back."""
    warehouse = Project(project).warehouse
    was = refreshes(warehouse)[NEWEST].run_id
    with warehouse.work() as connection:
        connection.execute(
            "UPDATE mart.refreshes SET status = 'held', reason = ?, run_id = 'newer' "
            "WHERE refresh_week = ?",
            [GATE, NEWEST],
        )
    assert run("rollback", "--reason", "why", "-c", project.path)[0] == 0
    found = refreshes(warehouse)[NEWEST]
    assert (found.run_id, found.status) == (was, "held") and "why" in found.reason
    code, said = run("publish", "--week", NEWEST.isoformat(), "--reason", "ok", "-c", project.path)
    assert code == 0, said
    assert refreshes(warehouse)[NEWEST].run_id == "newer"
    assert decisions(project)["run_id"].tolist() == [was, "newer"]


def test_a_decision_that_was_cut_short_is_finished_by_saying_it_again(
    project: ProjectConfig,
) -> None:
    hold(project)
    warehouse = Project(project).warehouse
    before = warehouse.published_file.read_bytes()
    asked = ("publish", "--week", NEWEST.isoformat(), "--reason", "why", "-c", project.path)
    in_the_way = warehouse.published_file.with_suffix(".draft")
    in_the_way.mkdir()
    with pytest.raises(OSError):
        run(*asked)
    in_the_way.rmdir()
    finish_interrupted(Project(project))
    assert warehouse.published_file.read_bytes() == before
    assert "why" not in page(project)
    assert run(*asked)[0] == 0
    assert shown(project) == str(NEWEST)
    assert len(decisions(project)) == 1


def launch(project: ProjectConfig, job: str, op: str, **asked: Any) -> dg.ExecuteInProcessResult:
    return (
        build_definitions(project)
        .resolve_job_def(job)
        .execute_in_process(
            run_config={"ops": {op: {"config": asked}}},
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
    )


def test_dagster_decides_the_same_way(project: ProjectConfig) -> None:
    content = project.path.read_text() + "notify: {file: notices.jsonl, when: [rolled_back]}\n"
    project.path.write_text(content)
    config = load_config(project.path)
    taken = launch(
        config, "rollback", "take_back_refresh", reason="wrong prices (tv_north)", who="Ann"
    )
    assert taken.success and shown(config) == str(EARLIER)
    assert decisions(config)["decided_in"].tolist() == [taken.run_id]
    [told] = [e for e in taken.all_events if e.is_asset_observation]
    observed = told.event_specific_data.asset_observation
    assert observed.partition == str(NEWEST) and "wrong prices" in observed.description
    # Text is shown as it is: entities would be read as such.
    assert "wrong prices (tv_north)" in str(observed.metadata["decision"].value)
    [notice] = [json.loads(x) for x in (config.folder / "notices.jsonl").read_text().splitlines()]
    assert notice["status"] == "rolled_back" and "wrong prices" in notice["messages"][0]

    ask = {"refresh_week": str(NEWEST), "reason": "mended"}
    assert launch(config, "publish_held", "publish_held_refresh", **ask).success
    assert shown(config) == str(NEWEST)
    again = launch(config, "publish_held", "publish_held_refresh", **ask)
    [failure] = again.filter_events(lambda event: event.is_step_failure)
    said = failure.step_failure_data.user_failure_data.description
    assert "is published already" in said
