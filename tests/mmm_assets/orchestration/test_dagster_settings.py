"""What ``engine`` of the configuration makes of ``dagster.yaml``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mmm_assets.config.engine import EngineSection
from mmm_assets.config.errors import UsageError
from mmm_assets.orchestration.dagster_settings import (
    require_available,
    require_same_engine,
    settings_text,
)


def test_the_default_engine_keeps_records_in_files_of_the_home() -> None:
    written = yaml.safe_load(settings_text(EngineSection()))
    assert written["event_log_storage"]["class"] == "EventLog"
    assert written["concurrency"]["runs"]["max_concurrent_runs"] == 2
    assert "storage" not in written and "run_launcher" not in written


def test_postgresql_is_named_by_a_variable_and_ray_by_its_address() -> None:
    engine = EngineSection(
        storage="postgres", storage_url="OUR_URL", launcher="ray", gpus=0.25, environment=("HOME",)
    )
    written = yaml.safe_load(settings_text(engine))
    assert written["storage"]["custom"]["config"] == {"postgres_url": {"env": "OUR_URL"}}
    assert "event_log_storage" not in written
    ray = written["run_launcher"]["config"]["ray"]
    assert ray["env_vars"] == ["DAGSTER_HOME", "MMM_CONFIG", "HOME"]
    assert (ray["num_cpus"], ray["num_gpus"]) == (1, 0.25)


def test_a_home_of_another_engine_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dagster.yaml"
    few, many = EngineSection(), EngineSection(at_once=8)
    file.write_text("telemetry: {enabled: false}  # somebody's own\n")
    require_same_engine(file, few)
    with pytest.raises(UsageError, match="another 'engine'"):
        require_same_engine(file, many)
    file.write_text(settings_text(many))
    require_same_engine(file, many)
    require_same_engine(file, EngineSection(at_once=8, executor="multiprocess"))
    with pytest.raises(UsageError, match="to be written anew"):
        require_same_engine(file, few)


def test_a_variable_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dagster_postgres", reason="the extra 'scale' is not installed")
    monkeypatch.delenv("OUR_URL", raising=False)
    with pytest.raises(UsageError, match="OUR_URL, which is not in the environment"):
        require_available(EngineSection(storage="postgres", storage_url="OUR_URL"))


def test_ray_workers_keep_no_records_in_files() -> None:
    with pytest.raises(ValueError, match="needs 'storage: postgres'"):
        EngineSection(launcher="ray")
