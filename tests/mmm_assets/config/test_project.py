import subprocess
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
import yaml

from mmm_assets.config import ConfigError, find_config, load_config
from mmm_model.settings import ModelSettings

GOOD = {
    "project": "shop",
    "tables": {
        "media": {"source": "a.csv", "week": "w", "spend": {"tv": "tv_spend", "ooh": "ooh_cost"}},
        "kpi": {"source": "a.csv", "week": "w", "kpi": "sales"},
    },
}


def load(tmp_path: Path, *changes: tuple[str, object]):
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    for dotted, value in changes:
        *path, last = dotted.split(".")
        section = content
        for key in path:
            section = section.setdefault(key, {})
        section[last] = value
    file = tmp_path / "mmm.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_config(file)


def test_defaults_and_paths(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.folder == tmp_path
    assert config.warehouse_folder == tmp_path / "warehouse"
    assert config.reports_folder == tmp_path / "reports"
    assert config.model_settings().holdout_weeks == 8
    assert config.tables.media.columns == {"tv": ("tv_spend", None), "ooh": ("ooh_cost", None)}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("wharehouse", "x", ["wharehouse", "did you mean 'warehouse'"]),
        ("refresh.holdout_week", 4, ["refresh.holdout_week", "did you mean 'holdout_weeks'"]),
        ("refresh.holdout_weeks", 0, ["refresh.holdout_weeks", "0", "greater than or equal to 1"]),
        ("refresh.first_week", date(2024, 1, 2), ["refresh.first_week", "2024-01-02", "Mondays"]),
        ("refresh.min_weeks", 9, ["min_weeks", "9", "holdout_weeks + 1"]),
        ("model.adstock", "gamma", ["model.adstock", "gamma", "geometric", "weibull"]),
        ("model.max_slope", 0.4, ["model", "min_slope is 0.5, not below max_slope 0.4"]),
        ("model.device", "tpu", ["model.device", "tpu"]),
        ("model.steps", -1, ["model.steps", "-1"]),
        ("zero_kpi", "perhaps", ["zero_kpi", "perhaps", "'auto', 'missing' or 'zero'"]),
        ("tables.kpi.value_per_kpi", -2, ["tables.kpi.value_per_kpi", "-2", "above 0"]),
        ("tables.kpi.source", None, ["tables.kpi", "source", "sql"]),
        ("tables.media.spend", "tv", ["tables.media", "mapping of channel to column"]),
        ("tables.media.layout", "tall", ["tables.media.layout", "tall", "'wide' or 'long'"]),
        ("tables.media.region", "geo", ["tables", "both"]),
        ("schedule.timezone", "Mars/Base", ["schedule.timezone", "Mars/Base", "IANA"]),
        ("schedule.cron", "daily", ["schedule.cron", "daily", "five fields"]),
        ("graph.tiers", [["tv"], ["radio"]], ["radio", "tv"]),
        ("graph.required", [["tv", "ooh"], ["ooh", "tv"]], ["cycle", "tv → ooh → tv"]),
        ("graph", {"tiers": [["tv"], ["ooh"]], "required": [["ooh", "tv"]]}, ["ooh → tv"]),
        ("project", "../../etc", ["project", "../../etc"]),
    ],
)
def test_wrong_values_are_named(
    tmp_path: Path, key: str, value: object, expected: list[str]
) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, (key, value))
    for part in expected:
        assert part in str(error.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, ("zero_kpi", 1), ("tables.kpi.kpi", None), ("budget.max_change", 7))
    for key in ("zero_kpi", "tables.kpi.kpi", "budget.max_change"):
        assert key in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1", "YAML"),
        ("", "keys and values"),
        ("project: a\nproject: b", "line 2.*duplicate key"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "mmm.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=expected):
        load_config(file)


def test_a_wrong_key_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mmm.yaml"
    file.write_text("# mine\nproject: a\nrefresh:\n  seed: 1\n  seeds: 2\ntables: {}\n")
    with pytest.raises(ConfigError, match=r"refresh.seeds \(line 5\): unknown key"):
        load_config(file)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "none.yaml")


def test_fingerprint_follows_content_only(tmp_path: Path) -> None:
    plain = load(tmp_path).fingerprint
    assert load(tmp_path, ("refresh.holdout_weeks", 8)).fingerprint == plain  # the default
    assert load(tmp_path, ("refresh.holdout_weeks", 9)).fingerprint != plain


def test_every_setting_of_the_model_can_be_reached(tmp_path: Path) -> None:
    chosen = {
        "holdout_weeks": 4, "estimator": "search", "members": 3, "chains": 2, "warmup": 30,
        "draws": 40, "rounds": 1, "seed": 7, "steps": 9, "learning_rate": 0.2,
        "adstock": "weibull", "saturation": "logistic", "lag_weeks": 20, "min_slope": 2.0,
        "max_slope": 5.0, "gru_width": 3, "gru_reach": 0.1, "harmonics": 5, "block_weeks": 4,
        "device": "cuda:1",
    }  # fmt: skip
    config = load(tmp_path, ("model", chosen))
    assert config.model_settings().saved() == chosen
    assert asdict(load(tmp_path).model_settings()) == asdict(ModelSettings())
    assert config.fingerprint != load(tmp_path).fingerprint


def test_keys_of_the_last_release_still_count_but_not_twice(tmp_path: Path) -> None:
    earlier = load(tmp_path, ("refresh", {"members": 3, "seed": 5}))
    assert (earlier.model_settings().members, earlier.model_settings().seed) == (3, 5)
    assert earlier.fingerprint == load(tmp_path, ("model", {"members": 3, "seed": 5})).fingerprint
    with pytest.raises(ConfigError, match=r"\['members'\] stand in 'refresh' and in 'model'"):
        load(tmp_path, ("refresh", {"members": 3}), ("model", {"members": 4}))


def test_settings_of_the_model(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        ("refresh.members", 3),
        (
            "graph",
            {
                "tiers": [["tv"], ["ooh"]],
                "forbidden": [["tv", "ooh"]],
                "probability": 0.9,
                "keep_driven_controls": True,
            },
        ),
        ("budget", {"bounds": {"tv": [1, 1]}, "scenarios": {"more": 1.5}, "totals": {"plan": 99}}),
    )
    assert config.model_settings().members == 3
    graph = config.graph_settings()
    assert (graph.tiers, graph.forbidden) == ((("tv",), ("ooh",)), (("tv", "ooh"),))
    assert graph.publish_probability == 0.9
    assert graph.keep_driven_controls
    # A channel that is not on air yet is not in the panel, and nothing is said of it.
    assert config.graph_settings(["tv"]).forbidden == ()
    budget = config.budget_settings()
    assert budget.bounds == {"tv": (1, 1)}
    assert [(s.name, s.asked.key, s.asked.amount) for s in budget.scenarios] == [
        ("more", "multiplier", 1.5),
        ("plan", "total", 99),
    ]
    assert config.budget_settings(["ooh"]).bounds == {}


def test_find_config_prefers_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MMM_CONFIG", raising=False)
    (tmp_path / "mmm.yaml").write_text("project: here")
    assert find_config() == Path("mmm.yaml")
    monkeypatch.setenv("MMM_CONFIG", "other.yaml")
    assert find_config() == Path("other.yaml")


def test_import_is_light() -> None:
    heavy = "torch duckdb pandas numpy great_expectations dagster"
    code = f"import sys, mmm_assets.config; print(*set('{heavy}'.split()) & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_a_preset_changes_the_defaults_and_refuses_what_it_does_not_read(tmp_path: Path) -> None:
    config = load(tmp_path, ("model", {"preset": "paper", "members": 3}))
    settings = config.model_settings()
    assert settings == ModelSettings.of_preset("paper", members=3)
    assert settings.min_slope >= 2
    assert config.fingerprint != load(tmp_path, ("model.members", 3)).fingerprint
    with pytest.raises(ConfigError, match=r"\['chains'\] do not apply under 'preset: paper'"):
        load(tmp_path, ("model", {"preset": "paper", "chains": 2}))
    with pytest.raises(ConfigError, match=r"min_slope is 6\.0, not below max_slope 5\.0"):
        load(tmp_path, ("model", {"preset": "paper", "min_slope": 6.0}))
