"""What ``deploy/compose.yaml`` starts as containers, started as processes: it works together.

PostgreSQL and nginx are real. Names of services become addresses of this machine, folders of the
containers those of the test.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import duckdb
import pytest
import yaml

from tests.mmm_assets.tiny_project import write_tiniest
from tests.scale.conftest import lacks
from tests.scale.servers import Postgres, free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
WEEK = "2023-10-02"
BIN = Path(sys.executable).parent
LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries { name
    locationOrLoadError { ... on RepositoryLocation { repositories { jobs { name } } } }
} } } }"""
LAUNCH = """mutation { launchRun(executionParams: {
    selector: {repositoryLocationName: "acme", repositoryName: "__repository__",
               jobName: "JOB"},
    runConfigData: {}, mode: "default",
    executionMetadata: {tags: [{key: "dagster/partition", value: "WEEK"}]}
}) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


@dataclass
class Stack:
    """The services of the compose file, as processes of this machine."""

    folder: Path
    address: str
    names: dict[str, str]
    services: dict[str, Any]
    proxy: int
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def ui(self) -> str:
        """Where people open the UI."""
        return f"https://localhost:{self.proxy}"

    def here(self, text: str) -> str:
        """Say a name of the containers as it is here."""
        for name, local in self.names.items():
            text = text.replace(name, local)
        return text

    def environment(self, service: str) -> dict[str, str]:
        given = {k: self.here(v) for k, v in self.services[service]["environment"].items()}
        given["MMM_DAGSTER_URL"] = self.address
        path = f"{BIN}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **given}

    def command(self, words: list[str]) -> list[str]:
        return [sys.executable if word == "python" else self.here(word) for word in words]

    def start(self, service: str) -> None:
        """Start a service, and wait until its health check is content."""
        with (self.folder / f"{service}.log").open("wb") as log:
            process = subprocess.Popen(
                self.command(self.services[service]["command"]), env=self.environment(service),
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        self.started.append(process)
        wait_for(lambda: self.is_healthy(service), Path(log.name).read_text)

    def is_healthy(self, service: str) -> bool:
        check = self.command(self.services[service]["healthcheck"]["test"][1:])
        environment = self.environment(service)
        return not subprocess.run(
            check, env=environment, capture_output=True, check=False
        ).returncode

    def stop(self) -> None:
        for process in reversed(self.started):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(done: Callable[[], bool], explain: Callable[[], str], seconds: int = 120) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, explain()[-3000:]
        time.sleep(0.5)


@pytest.fixture(scope="module")
def stack(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One brand, the web server, the daemon and the proxy."""
    if shutil.which("nginx") is None:
        lacks("no nginx found; apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("srv")
    brand, ui, proxy = free_port(), free_port(), free_port()
    names = {
        "/srv/": f"{folder}/",
        "4000": str(brand),
        "http://127.0.0.1:3000": f"http://127.0.0.1:{ui}",
        "webserver:3000": f"127.0.0.1:{ui}",
        "3000": str(ui),
        "0.0.0.0": "127.0.0.1",
        "${MMM_HOST:?the name under which people open the UI}": "localhost",
        "host: acme": "host: 127.0.0.1",
        "listen 443": f"listen {proxy}",
        "/etc/nginx/": f"{folder}/",
    }
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    stack = Stack(folder, postgres.database("dagster"), names, services, proxy)
    write_brand(folder)
    (folder / "dagster").mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", folder / "dagster")
    workspace = (
        (DEPLOY / "workspace.yaml")
        .read_text()
        .replace("\n  - grpc_server: {host: zenith", "\n  # ")
    )
    (folder / "dagster" / "workspace.yaml").write_text(stack.here(workspace))
    try:
        for service in ("acme", "webserver", "daemon"):
            stack.start(service)
        start_proxy(stack)
        yield stack
    finally:
        stack.stop()


def write_brand(folder: Path) -> None:
    """A project with the keys that ``deploy/README.md`` adds to it."""
    brand = folder / "brands" / "acme"
    brand.mkdir(parents=True)
    write_tiniest(brand)
    told = re.search(r"```yaml\n(.*?)```", (DEPLOY / "README.md").read_text(), re.S)
    assert told is not None
    added = re.sub(r"^ {4}", "", told[1], flags=re.M).replace("/srv/", f"{folder}/")
    with (brand / "mmm.yaml").open("a") as file:
        file.write(added)


def start_proxy(stack: Stack) -> None:
    """Start nginx with the template, a certificate of our own and one person."""
    folder = stack.folder
    (folder / "tls").mkdir(exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-days", "1", "-keyout", folder / "tls" / "tls.key", "-out", folder / "tls" / "tls.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    hashed = subprocess.run(
        ["openssl", "passwd", "-apr1", "s3cret"], check=True, capture_output=True, text=True
    )
    (folder / "users").write_text(f"anna:{hashed.stdout}")
    template = (DEPLOY / "proxy" / "mmm.conf.template").read_text()
    ui = stack.here(stack.services["proxy"]["environment"]["MMM_UI"])
    server = stack.here(template.replace("${MMM_HOST}", "localhost").replace("${MMM_UI}", ui))
    (folder / "server.conf").write_text(server)
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}} "
        f"http {{ access_log off; {temporary} include {folder}/server.conf; }}"
    )
    nginx = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    subprocess.run([*nginx, "-t"], check=True, capture_output=True)
    stack.started.append(subprocess.Popen(nginx, start_new_session=True))
    wait_for(lambda: status_of(stack, "/server_info") == 200, lambda: "nginx does not answer")


def ask(
    stack: Stack,
    path: str,
    query: str | None = None,
    who: str | None = "anna:s3cret",
    **headers: str,
) -> Any:
    """Ask through the proxy; GraphQL where there is a query."""
    request = Request(stack.ui + path, headers=headers)
    if query is not None:
        request.data = json.dumps({"query": query}).encode()
        request.add_header("Content-Type", "application/json")
    if who:
        request.add_header("Authorization", f"Basic {base64.b64encode(who.encode()).decode()}")
    context = ssl._create_unverified_context()
    with urlopen(request, timeout=60, context=context) as answer:
        content = answer.read()
    return json.loads(content)["data"] if query else content.decode()


def status_of(stack: Stack, path: str, **asked: Any) -> int:
    """Status of an answer; 0 where nobody answers."""
    try:
        ask(stack, path, **asked)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0
    return 200


def test_nobody_comes_in_without_a_password_nor_from_another_page(stack: Stack) -> None:
    assert status_of(stack, "/server_info", who=None) == 401
    assert status_of(stack, "/server_info", who="anna:wrong") == 401
    assert status_of(stack, "/server_info") == 200
    query = "{ version }"
    assert status_of(stack, "/graphql", query=query, Origin="https://evil.example") == 403
    own = {"Origin": stack.ui}
    assert ask(stack, "/graphql", query=query, **own)["version"].startswith("1.")
    assert status_of(stack, "/reports/acme/index.html", who=None) == 401


def test_a_refresh_that_is_launched_in_the_ui_is_published(stack: Stack) -> None:
    found = ask(stack, "/graphql", LOCATIONS)
    [location] = found["workspaceOrError"]["locationEntries"]
    assert location["name"] == "acme"
    [repository] = location["locationOrLoadError"]["repositories"]
    [job] = [job["name"] for job in repository["jobs"] if job["name"].endswith("refresh")]
    launch = LAUNCH.replace("JOB", job).replace("WEEK", WEEK)
    launched = ask(stack, "/graphql", launch)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]
    state = '{ runOrError(runId: "RUN") { ... on Run { status } } }'.replace("RUN", run)

    def status() -> str:
        return str(ask(stack, "/graphql", state)["runOrError"]["status"])

    wait_for(lambda: status() in ("SUCCESS", "FAILURE"), status, 300)
    assert status() == "SUCCESS", (stack.folder / "acme.log").read_text()[-3000:]
    published = stack.folder / "warehouses" / "acme" / "mmm.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute(
            "SELECT max(refresh_week)::VARCHAR FROM mart.refreshes"
        ).fetchone() == (WEEK,)
    assert "<html" in ask(stack, "/reports/acme/index.html")


def test_the_guide_to_backup_and_restore_does_what_it_says(
    stack: Stack, postgres: Postgres
) -> None:
    """Follow the guide's own commands; everything is lost in between."""
    guide = (DEPLOY / "backup-and-restore.md").read_text()
    back_up, restore, look = re.findall(r"```sh\n(.*?)```", guide, re.S)
    backups = stack.folder / "backups"
    backups.mkdir()
    brand = stack.folder / "brands" / "acme" / "mmm.yaml"
    environment = {**stack.environment("acme"), "BRAND": str(brand), "BACKUPS": str(backups)}

    def follow(commands: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    runs = "{ runsOrError { ... on Runs { results { runId status } } } }"
    before = ask(stack, "/graphql", runs)
    follow(back_up)
    stack.stop()
    shutil.rmtree(stack.folder / "warehouses")
    brand.unlink()
    postgres.database("dagster")
    follow(restore)
    told = follow(look)
    assert WEEK in told and "published" in told
    for service in ("acme", "webserver"):
        stack.start(service)
    start_proxy(stack)
    assert ask(stack, "/graphql", runs) == before
