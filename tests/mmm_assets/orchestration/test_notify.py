"""People are told how a refresh ended, whichever way, and no secret is."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.config.errors import ConfigError
from mmm_assets.orchestration.notify import notify

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


def test_an_address_that_is_none_is_refused(told) -> None:
    with pytest.raises(ConfigError, match=r"notify\.url.*https"):
        told(url="file:///etc/passwd")


def test_every_default_can_be_written_out(small_project, tmp_path: Path) -> None:
    config = small_project.write()
    content = config.model_dump(mode="json")
    (tmp_path / "mmm.yaml").write_text(yaml.safe_dump(content))
    assert load_config(tmp_path / "mmm.yaml").fingerprint == config.fingerprint
