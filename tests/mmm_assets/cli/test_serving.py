"""Dagster's UI on a refreshed project, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes
from tests.mmm_assets.killing import Digest, published

pytestmark = pytest.mark.browser
START_SECONDS = 120
MISSING = date(2024, 7, 1)


@pytest.fixture(scope="module")
def copy(refreshed: ProjectConfig, tmp_path_factory: pytest.TempPathFactory) -> ProjectConfig:
    """A copy of the refreshed project, to be run on from the UI."""
    folder = tmp_path_factory.mktemp("ui") / "project"
    shutil.copytree(refreshed.folder, folder)
    return load_config(folder / "mmm.yaml")


@pytest.fixture(scope="module")
def ui(copy: ProjectConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of ``mmm ui``, stopped with all its processes at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("ui") / "log"
    # As a background job of a script, whose SIGINT is ignored.
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    command += [sys.executable, "-m", "mmm_assets", "ui", "--config", str(copy.path)]
    command += ["--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if k != "DAGSTER_HOME"}
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(f"{address}/server_info", process, log)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=START_SECONDS)
        finally:
            with suppress(ProcessLookupError):  # nothing is left of the group
                os.killpg(process.pid, signal.SIGKILL)
    said = log.read_text()
    assert "Warning:" not in said, said  # no deprecation or preview warning at loading


def _wait_until_up(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url)
        except urllib.error.URLError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the UI did not come up:\n{log.read_text()}")


LAUNCH = """
mutation($weeks: [String!]!) { launchPartitionBackfill(backfillParams: {
  selector: {partitionSetName: "refresh_partition_set", repositorySelector: {
    repositoryName: "__repository__", repositoryLocationName: "mmm_assets.location"}},
  partitionNames: $weeks}) { __typename ... on LaunchBackfillSuccess { backfillId }
  ... on PythonError { message } } }
"""


@pytest.fixture(scope="module", autouse=True)
def before_the_backfill(ui: str, copy: ProjectConfig) -> dict[date, Digest]:
    """What is published when a week is asked for; Dagster looks for backfills twice a minute."""
    before = published(copy)
    asked = {"query": LAUNCH, "variables": {"weeks": [MISSING.isoformat()]}}
    request = urllib.request.Request(
        f"{ui}/graphql", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        said = json.load(answer)
    assert said["data"]["launchPartitionBackfill"]["__typename"] == "LaunchBackfillSuccess", said
    return before


def test_the_definitions_load(ui: str, browser) -> None:
    page = browser.new_page()
    page.goto(f"{ui}/deployment/locations")
    page.get_by_text("mmm_assets.location").first.wait_for()
    page.get_by_text("Loaded").first.wait_for()
    page.close()


def test_the_lineage_shows_the_groups(ui: str, browser) -> None:
    page = browser.new_page()
    page.goto(f"{ui}/asset-groups")
    for group in ("raw", "panel", "model", "results", "publication"):
        page.get_by_text(group, exact=True).first.wait_for()
    page.close()


def test_an_asset_shows_its_materialisation(ui: str, browser) -> None:
    page = browser.new_page()
    page.goto(f"{ui}/assets/channel_summary")
    for text in ("mart.channel_summary", "2024-07-08", "marginal_roi"):
        page.get_by_text(text).first.wait_for()
    page.close()


NAMES = "mutation { setNuxSeen }"


def status_of(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_foreign_page_cannot_ask_for_anything(ui: str) -> None:
    """Dagster alone answers all of these with 200."""
    ask = f"{ui}/graphql?query={urllib.parse.quote(NAMES)}"
    body = json.dumps({"query": NAMES}).encode()
    kind = {"Content-Type": "application/json"}
    page = {**kind, "Origin": "https://evil.example"}
    own = {**kind, "Origin": ui}
    assert status_of(urllib.request.Request(ask)) == 405
    assert status_of(urllib.request.Request(f"{ui}/graphql", body, page)) == 403
    assert status_of(urllib.request.Request(f"{ui}/graphql", body, own)) == 200
    rebound = urllib.request.Request(f"{ui}/server_info", headers={"Host": "evil.example"})
    assert status_of(rebound) == 403
    assert status_of(urllib.request.Request(f"{ui}/server_info")) == 200


def test_a_backfill_from_the_ui_publishes_its_week_and_leaves_the_others(
    copy: ProjectConfig, before_the_backfill: dict[date, Digest]
) -> None:
    deadline = time.monotonic() + 2 * START_SECONDS
    while MISSING not in refreshes(Project(copy).warehouse):
        assert time.monotonic() < deadline, "the backfill did not publish its week"
        time.sleep(1)
    after = published(copy)
    assert after.pop(MISSING)
    assert after == before_the_backfill
