"""The example of ``examples/ingest``: a REST API becomes Parquet files, and these a panel."""

from __future__ import annotations

import importlib.util
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from types import ModuleType

import dagster as dg
import duckdb
import pytest

from mmm_assets.config import load_config
from mmm_assets.config.tables import MAKERS
from mmm_assets.guessing.guess import InitOptions, guess_project, render_yaml
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.inputs.sources import load_raw
from mmm_assets.inputs.weekly_kpi import newest_week
from tests.scale.servers import free_port

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ingest"


def module_of(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def api() -> ModuleType:
    return module_of(EXAMPLE / "api.py")


@pytest.fixture
def example(
    tmp_path: Path, api: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """A copy of the example, whose API answers."""
    server = api.serve("127.0.0.1", free_port(), token="s3cret")
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SHOP_API", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("SHOP_API_TOKEN", "s3cret")
    shutil.copytree(EXAMPLE, tmp_path / "shop", ignore=shutil.ignore_patterns("lake", ".dlt"))
    yield module_of(tmp_path / "shop" / "definitions.py")
    server.shutdown()
    server.server_close()


def test_what_the_api_says_is_what_the_panel_holds(
    example: ModuleType, api: ModuleType, tmp_path: Path
) -> None:
    resources = {"loader": example.DagsterDltResource()}
    for _ in range(2):  # a second load takes the place of the first
        assert dg.materialize([example.shop], resources=resources).success
    folder = tmp_path / "shop"
    config = load_config(folder / "mmm.yaml")
    with duckdb.connect() as connection:
        for role in ("media", "kpi"):
            load_raw(connection, config, role, datetime(2025, 3, 1, tzinfo=UTC))
        week = newest_week(connection, config)
        build_panel_tables(connection, config, week)
        panel = read_panel(connection, config, week)
    sold: Counter[date] = Counter()
    for order in api.orders():
        if not (order["test"] or order["cancelled_at"]):
            day = date.fromisoformat(order["created_at"][:10])
            sold[day - timedelta(days=day.weekday())] += float(order["total_price"])
    assert panel.kpi[0].tolist() == pytest.approx([sold[monday] for monday in sorted(sold)])
    spent = sum(int(row["metrics"]["costMicros"]) for row in api.campaigns()) / 1e6
    assert panel.channels == ("google_performance_max", "google_search")
    assert panel.spend.sum() == pytest.approx(spent)


def test_mmm_init_writes_the_examples_tables(example: ModuleType, tmp_path: Path) -> None:
    dg.materialize([example.shop], resources={"loader": example.DagsterDltResource()})
    folder = tmp_path / "shop"
    options = InitOptions(out=folder, time_zone="Europe/Berlin")
    (folder / "new.yaml").write_text(render_yaml(guess_project([folder / "lake"], options)))
    new, shipped = load_config(folder / "new.yaml"), load_config(EXAMPLE / "mmm.yaml")
    # Nobody can guess which assets make a table.
    assert new.model_dump(include={"tables"}, exclude=MAKERS) == shipped.model_dump(
        include={"tables"}, exclude=MAKERS
    )
    assert new.currency == shipped.currency


def test_loading_and_refreshing_are_one_code_location(example: ModuleType) -> None:
    dg.Definitions.validate_loadable(example.defs)
    graph = example.defs.resolve_asset_graph()
    for table, loaded in (("kpi", "orders"), ("media", "campaigns")):
        above = graph.get(dg.AssetKey(["shop", "raw", table])).parent_keys
        assert above == {dg.AssetKey(f"dlt_shop_{loaded}")}
    assert dg.AssetKey(["shop", "publication", "published_refresh"]) in graph.get_all_asset_keys()


def test_a_wrong_token_fails_the_load(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOP_API_TOKEN", "wrong")
    again = module_of(tmp_path / "shop" / "definitions.py")
    run = dg.materialize(
        [again.shop], resources={"loader": again.DagsterDltResource()}, raise_on_error=False
    )
    assert not run.success and not (tmp_path / "shop" / "lake").exists()
