"""``dg`` makes, lists and checks projects; the example of three brands is one of its projects."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from click.testing import CliRunner

from mmm_assets.config import load_config
from mmm_assets.config.errors import ConfigError
from mmm_assets.config.key_prefix import prefix_of

ROOT = Path(__file__).resolve().parents[3]
BRANDS = ("acme", "orion", "zenith")


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the example, in which ``dg`` finds the component as ``pyproject.toml`` names it."""
    folder = tmp_path / "examples" / "brands"
    shutil.copytree(
        ROOT / "examples" / "brands", folder, ignore=shutil.ignore_patterns("warehouse", "reports")
    )
    (tmp_path / "data").symlink_to(ROOT / "data")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    about = tmp_path / "installed" / "mmm_platform-0.dist-info"
    about.mkdir(parents=True)
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: mmm-platform\nVersion: 0\n")
    about.joinpath("entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {module}\n" for name, module in found.items())
            for group, found in declared.items()
        )
    )
    monkeypatch.syspath_prepend(about.parent)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
    monkeypatch.chdir(folder)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "marketing"]:
        del sys.modules[name]


def run(*command: str) -> str:
    from dagster_dg_cli.cli import cli

    result = CliRunner().invoke(cli, list(command))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_dg_scaffolds_lists_and_checks_projects(example: Path) -> None:
    assert "mmm_assets.MarketingMixProject" in run("list", "components", "--json")
    run("scaffold", "defs", "mmm_assets.MarketingMixProject", "nova")
    made = example / "marketing" / "defs" / "nova"
    assert yaml.safe_load((made / "defs.yaml").read_text()) == {
        "type": "mmm_assets.MarketingMixProject",
        "attributes": {"config": "mmm.yaml"},
    }
    config = load_config(made / "mmm.yaml")
    assert (config.project, config.key_prefix) == ("nova", "nova")
    assert (made / "mmm.schema.json").exists()

    run("check", "yaml")
    listed = json.loads(run("list", "defs", "--json"))
    keys = [
        asset["asset_key"] if "asset_key" in asset else asset["key"] for asset in listed["assets"]
    ]
    by_brand = {
        brand: sum(key.startswith(f"{brand}/") for key in keys) for brand in (*BRANDS, "nova")
    }
    (each,) = set(by_brand.values())
    assert each > 20 and len(keys) == 4 * each
    jobs = {job["name"] for job in listed["jobs"]}
    assert {f"{brand}_refresh" for brand in BRANDS} <= jobs


def test_a_project_is_scaffolded_from_its_tables(example: Path) -> None:
    tables = ",".join(str(ROOT / "data" / f"{name}.csv") for name in ("kpi", "media"))
    run("scaffold", "defs", "mmm_assets.MarketingMixProject", "nova", "--tables", tables)
    config = load_config(example / "marketing" / "defs" / "nova" / "mmm.yaml")
    assert config.tables.media.exposure == "impressions"
    assert config.key_prefix == "nova"


def test_a_project_without_a_prefix_is_refused_with_the_line_to_add(example: Path) -> None:
    file = example / "marketing" / "defs" / "acme" / "mmm.yaml"
    file.write_text(file.read_text().replace("key_prefix: acme\n", ""))
    with pytest.raises(Exception, match=r".") as raised:
        dg.load_from_defs_folder(path_within_project=example)
    cause = raised.value
    while cause.__cause__ is not None:
        cause = cause.__cause__
    assert isinstance(cause, ConfigError) and "key_prefix: acme" in str(cause)


def test_each_brand_is_a_code_location_and_a_broken_one_stops_no_other(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = yaml.safe_load((example / "workspace.yaml").read_text())["load_from"]
    attributes = [entry["python_file"]["attribute"] for entry in listed]
    assert attributes == list(BRANDS)
    (example / "marketing" / "defs" / "orion" / "mmm.yaml").write_text("project: [")
    monkeypatch.syspath_prepend(example)
    import locations

    keys = [
        {spec.key.path[0] for spec in getattr(locations, brand).resolve_all_asset_specs()}
        for brand in ("acme", "zenith")
    ]
    assert keys == [{"acme"}, {"zenith"}]
    with pytest.raises(ConfigError):
        _ = locations.orion
    del sys.modules["locations"]


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Café Müller & Co.", "cafe_muller_co"),
        ("3M", "project_3m"),
        ("日本", "project"),
        ("a" * 99, "a" * 40),
    ],
)
def test_any_name_makes_a_prefix(name: str, prefix: str) -> None:
    assert prefix_of(name) == prefix
