"""People are told how a refresh ended, whichever way, and no secret is."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.config.errors import ConfigError
from mmm_assets.orchestration import notify as notices
from mmm_assets.orchestration.notify import notify
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import write_tables

SECRET = "s3cr3t-token"


@pytest.fixture
def told(small_project):
    """Load the small project's configuration with this ``notify`` section."""

    def load(**section) -> ProjectConfig:
        small_project.content["notify"] = section
        return small_project.write()

    return load


def tell(config: ProjectConfig, occasion="failed") -> list[str]:
    warnings: list[str] = []
    notify(config, occasion, "2024-07-08", "run 1", ["kpi: no"], warnings.append)
    return warnings


def test_a_file_gets_a_line_for_each_notice(told) -> None:
    config = told(file="out/notices.jsonl")
    assert tell(config) == tell(config, "held") == []
    lines = (config.folder / "out" / "notices.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["failed", "held"]
    first = json.loads(lines[0])
    assert first["refresh_week"] == "2024-07-08"
    assert first["messages"] == ["kpi: no"]


def test_only_the_occasions_that_were_asked_for(told) -> None:
    config = told(file="notices.jsonl", when=["held"])
    tell(config, "failed")
    tell(config, "published")
    assert not (config.folder / "notices.jsonl").exists()


def test_a_command_gets_the_notice_on_its_standard_input(told) -> None:
    copy = "import sys; open('said', 'w').write(sys.stdin.read())"
    config = told(command=[sys.executable, "-c", copy])
    assert tell(config) == []
    assert json.loads((config.folder / "said").read_text())["run_id"] == "run 1"


def test_a_url_from_the_environment_gets_a_post(told, monkeypatch) -> None:
    got: list[tuple[str, dict]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{server.server_port}/{SECRET}")
    assert tell(told(url="${HOOK}")) == []
    server.server_close()
    assert got[0][0] == f"/{SECRET}"
    assert got[0][1]["status"] == "failed"


def test_who_cannot_be_told_stops_nothing_and_no_secret_is_said(told, monkeypatch) -> None:
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:9/{SECRET}")
    config = told(url="${HOOK}", command=["no-such-program"], file="notices.jsonl")
    warnings = tell(config)
    assert len(warnings) == 2
    assert "notify.url failed" in warnings[1]
    assert SECRET not in " ".join(warnings)
    assert (config.folder / "notices.jsonl").exists()  # the others are told all the same


class Answers(BaseHTTPRequestHandler):
    """Answers a notice as its path asks: /302, /500, or /slow, a byte at a time."""

    def do_POST(self) -> None:
        if self.path == "/slow":
            for letter in b"HTTP/1.1 204 No Content":
                self.wfile.write(bytes([letter]))
                self.wfile.flush()
                time.sleep(0.3)
            return
        self.send_response(int(self.path[1:]))
        self.send_header("Location", "/204")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *arguments) -> None: ...


@pytest.fixture
def answering() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "said"), [("302", "status 302"), ("404", "status 404"), ("500", "status 500")]
)
def test_any_answer_but_a_good_one_is_a_failure(told, answering, path, said) -> None:
    [warning] = tell(told(url=f"{answering}/{path}"))
    assert f"notify.url failed with {said}" in warning
    assert tell(told(url=f"{answering}/204")) == []


def test_one_deadline_holds_for_all_ways(told, answering, monkeypatch) -> None:
    monkeypatch.setattr(notices, "_SECONDS", 1.0)
    config = told(url=f"{answering}/slow", command=["sleep", "5"], file="notices.jsonl")
    started = time.monotonic()
    assert len(tell(config)) == 2
    assert time.monotonic() - started < 3
    assert (config.folder / "notices.jsonl").exists()


@pytest.fixture
def telling(tmp_path: Path) -> Path:
    """The configuration of a project whose notices go to a file and to nobody's address."""
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    told_by = "notify: {file: notices.jsonl, url: 'http://127.0.0.1:9/x'}\n"
    file.write_text(file.read_text() + told_by)
    return file


def the_notice(config: Path) -> dict:
    return json.loads(config.with_name("notices.jsonl").read_text())


def test_a_refresh_that_cannot_begin_is_told_and_recorded(telling: Path) -> None:
    telling.with_name("kpi.csv").unlink()
    code, said = run("refresh", "-c", telling)
    assert code == EXIT["refused"] and "kpi.csv" in said
    notice = the_notice(telling)
    assert notice["status"] == "refused" and "kpi.csv" in notice["messages"][0]
    log = telling.parent / "warehouse" / "dagster" / "logs" / f"{notice['run_id']}.jsonl"
    assert "notify.url failed" in log.read_text()  # under cron nobody reads a terminal
    assert "last run" in run("status", "-c", telling)[1]


def test_an_error_outside_of_a_run_is_told(telling: Path) -> None:
    telling.with_name("warehouse").mkdir()
    (telling.parent / "warehouse" / "dagster").write_text("a file where a folder should be")
    code, said = run("refresh", "-c", telling, "--week", "2024-07-08")
    assert code == EXIT["failed"] and "cannot be written to" in said
    notice = the_notice(telling)
    assert notice["status"] == "failed" and notice["refresh_week"] == "2024-07-08"


def test_an_unreadable_warehouse_is_told(telling: Path) -> None:
    telling.with_name("warehouse").mkdir()
    (telling.parent / "warehouse" / "work.duckdb").write_bytes(b"no database" * 1000)
    code, said = run("refresh", "-c", telling, "--week", "2024-07-08")
    assert code == EXIT["failed"] and "work.duckdb cannot be opened" in said
    notice = the_notice(telling)
    assert notice["status"] == "failed" and "work.duckdb" in notice["messages"][0]


def test_an_address_that_is_none_is_refused(told) -> None:
    with pytest.raises(ConfigError, match=r"notify\.url.*https"):
        told(url="file:///etc/passwd")


def test_every_default_can_be_written_out(small_project, tmp_path: Path) -> None:
    config = small_project.write()
    content = config.model_dump(mode="json")
    (tmp_path / "mmm.yaml").write_text(yaml.safe_dump(content))
    assert load_config(tmp_path / "mmm.yaml").fingerprint == config.fingerprint
