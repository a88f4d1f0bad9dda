"""A code location that loads a REST API into Parquet files and refreshes a project from them.

dlt loads each table of the API as a Dagster asset; the project's ``mmm.yaml`` reads the files.
``SHOP_API`` is the address of the API, ``SHOP_API_TOKEN`` its token.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import dlt
from dagster_dlt import DagsterDltResource, dlt_assets
from dlt.sources.rest_api import rest_api_source

from mmm_assets.config import load_config
from mmm_assets.definitions import build_definitions

HERE = Path(__file__).parent

dlt.config["runtime.dlthub_telemetry"] = False


def api() -> Any:
    """The tables of the API: every row at each load, a page after the other."""
    return rest_api_source(
        {
            "client": {
                "base_url": os.environ.get("SHOP_API", "http://127.0.0.1:8900"),
                "auth": {"type": "bearer", "token": os.environ.get("SHOP_API_TOKEN", "example")},
                "paginator": {"type": "page_number", "base_page": 1, "total_path": "pages"},
            },
            "resource_defaults": {
                "write_disposition": "replace",
                "endpoint": {"data_selector": "rows"},
            },
            "resources": ["orders", "campaigns"],
        },
        name="shop",
    )


def into_parquet(folder: Path) -> Any:
    """Where the tables go: ``lake/shop/TABLE/*.parquet`` in a folder."""
    return dlt.pipeline(
        "shop",
        pipelines_dir=str(folder / ".dlt"),
        destination=dlt.destinations.filesystem(
            bucket_url=(folder / "lake").as_uri(), layout="{table_name}/{file_id}.{ext}"
        ),
        dataset_name="shop",
    )


@dlt_assets(dlt_source=api(), dlt_pipeline=into_parquet(HERE), group_name="ingest")
def shop(context: dg.AssetExecutionContext, loader: DagsterDltResource) -> Iterator[Any]:
    """Tables of the shop's API, as Parquet files."""
    # A source is read once: each load gets its own.
    yield from loader.run(context=context, dlt_source=api(), loader_file_format="parquet")


ingest_job = dg.define_asset_job("ingest", selection=[shop])

defs = dg.Definitions.merge(
    build_definitions(load_config(HERE / "mmm.yaml")),
    dg.Definitions(
        assets=[shop],
        jobs=[ingest_job],
        schedules=[dg.ScheduleDefinition(job=ingest_job, cron_schedule="0 5 * * 1")],
        resources={"loader": DagsterDltResource()},
    ),
)
