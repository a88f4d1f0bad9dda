"""What ``deploy/`` holds can be read by those whom it is for, and names what there is.

What runs of it is in ``tests/scale/test_deploy.py``.
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from dagster._cli import cli as dagster_cli
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._daemon.cli import cli as daemon_cli
from dagster_cloud_cli.config.models import load_dagster_cloud_yaml
from typer.main import get_command

from mmm_assets.cli import app
from mmm_assets.config.engine import EngineSection
from mmm_assets.orchestration.dagster_settings import settings_text

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def loaded(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text())


def dockerfile() -> list[str]:
    """Instructions, their broken lines joined, without comments."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text())
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_files_that_were_not_run_say_so_first() -> None:
    for name in ("Dockerfile", "compose.yaml", "helm-values.yaml", "dagster_cloud.yaml"):
        assert (DEPLOY / name).read_text().startswith("# Not run here"), name


def test_no_file_names_a_registry() -> None:
    named = re.compile(r"(?:image:|FROM|repository:)\s+([\w./:-]+)")
    texts = [file.read_text() for file in DEPLOY.rglob("*") if file.is_file()]
    images = [image for text in texts for image in named.findall(text)]
    assert len(images) > 5
    assert not [image for image in images if re.match(r"[\w-]*[.:][\w.-]*/", image)]


def test_the_image_is_slim_unprivileged_and_pinned() -> None:
    lines = dockerfile()
    bases = [line.split()[1] for line in lines if line.startswith("FROM")]
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001"]
    last = {line.split()[0]: place for place, line in enumerate(lines)}
    assert last["USER"] > last["COPY"] and last["USER"] > last["RUN"]
    assert sum(line.startswith("HEALTHCHECK") for line in lines) == 1
    torch = next(entry for entry in PROJECT["dependencies"] if entry.startswith("torch"))
    assert any(line.endswith(f"--constraint constraints.txt {torch}") for line in lines)
    for line in lines:
        if "pip install" in line:
            assert "--constraint constraints.txt" in line
        if line.startswith("COPY") and "--from" not in line:
            assert all((ROOT / source).exists() for source in line.split()[1:-1])
    extras = re.search(r"'\.\[(.*?)\]'", " ".join(lines))
    assert extras and set(extras[1].split(",")) <= set(PROJECT["optional-dependencies"])


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    copied = [
        source
        for line in dockerfile()
        if line.startswith("COPY") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert {entry.removeprefix("!") for entry in kept if entry.startswith("!")} == set(copied)


def test_the_compose_file_keeps_to_its_schema() -> None:
    file = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(loaded("compose.yaml"), json.loads(file.read_text()))


def test_services_of_the_compose_file_know_each_other() -> None:
    compose = loaded("compose.yaml")
    services = compose["services"]
    mounted = [v.split(":")[0] for s in services.values() for v in s.get("volumes", ())]
    assert {name for name in mounted if name[0] not in "./"} == set(compose["volumes"])
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert ("healthcheck" in service) == (name != "proxy"), name
        assert set(service["networks"]) <= set(compose["networks"]), name
    public = [name for name, service in services.items() if "ports" in service]
    assert public == ["proxy"]
    brands = {name for name, s in services.items() if "MMM_CONFIG" in s.get("environment", {})}
    origins = WorkspaceFileTarget([str(DEPLOY / "workspace.yaml")]).create_origins()
    assert {origin.host for origin in origins} == brands
    assert {origin.location_name for origin in origins} == brands


def test_dagsters_settings_are_those_that_the_platform_writes() -> None:
    expected = settings_text(EngineSection(storage="postgres"))
    assert (DEPLOY / "dagster.yaml").read_text() == expected, (
        "write it again: settings_text(EngineSection(storage='postgres'))"
    )


def test_the_hosted_services_file_keeps_to_its_model() -> None:
    found = load_dagster_cloud_yaml((DEPLOY / "dagster_cloud.yaml").read_text())
    for location in found.locations:
        assert location.code_source is not None and location.code_source.module_name
        assert importlib.util.find_spec(location.code_source.module_name)
        assert location.container_context is not None
        assert location.location_name in str(location.container_context)


def test_the_charts_values_name_what_there_is() -> None:
    values = loaded("helm-values.yaml")
    launcher = values["runLauncher"]["config"]["customRunLauncher"]
    assert (launcher["module"], launcher["class"]) == ("dagster_ray", "RayRunLauncher")
    cluster, policy = values["extraManifests"]
    address = launcher["config"]["ray"]["address"]
    assert address == f"http://{cluster['metadata']['name']}-head-svc:8265"
    pinned = [e for e in PROJECT["optional-dependencies"]["scale"] if e.startswith("ray[")]
    assert pinned == [f"ray[default]=={cluster['spec']['rayVersion']}"]
    assert policy["kind"] == "NetworkPolicy"
    images = re.findall(r"mmm-platform:([\d.]+)", (DEPLOY / "helm-values.yaml").read_text())
    assert {*images, values["dagsterWebserver"]["image"]["tag"]} == {PROJECT["version"]}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command that a file of the kit tells people or services to give."""
    for service in loaded("compose.yaml")["services"].values():
        for command in (service.get("command"), service.get("healthcheck", {}).get("test")):
            words = [word for word in command or () if word != "CMD"]
            yield "compose.yaml", words
    for line in dockerfile():
        if match := re.search(r"CMD (\[.*\])", line):
            yield "Dockerfile", json.loads(match[1])
    for file in ("README.md", "backup-and-restore.md"):
        text = (DEPLOY / file).read_text()
        for told in re.findall(r"(?:^|`|exec \w+ )(mmm [a-z]+[^`\n]*)", text, re.M):
            yield file, shlex.split(told)


@pytest.mark.parametrize(("file", "words"), commands())
def test_commands_that_are_named_exist(file: str, words: list[str]) -> None:
    tops: dict[str, Any] = {
        "mmm": get_command(app),
        "dagster": dagster_cli,
        "dagster-daemon": daemon_cli,
    }
    if not words or words[0] not in tops:
        return
    command = tops[words[0]]
    for place, word in enumerate(words[1:], start=1):
        if not hasattr(command, "commands"):
            break
        assert word in command.commands, f"{file}: {' '.join(words)}"
        command, rest = command.commands[word], words[place + 1 :]
    options = {option for parameter in command.params for option in parameter.opts}
    asked = {word for word in rest if word.startswith("--")}
    assert asked <= options, f"{file}: {' '.join(words)}"
    assert CliRunner().invoke(command, ["--help"]).exit_code == 0
