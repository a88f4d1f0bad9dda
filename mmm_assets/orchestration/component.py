"""The component by which ``dg`` makes, loads and checks a project: a folder with two files.

``defs.yaml`` names the component, ``mmm.yaml`` beside it is the project. Several such folders may
lie in one ``dg`` project, since each has a key prefix of its own.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from dagster.components import Component, ComponentLoadContext, Model, Resolvable, scaffold_with
from dagster.components.component_scaffolding import scaffold_component
from dagster.components.scaffold.scaffold import Scaffolder, ScaffoldRequest
from pydantic import BaseModel, Field

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.config.errors import ConfigError
from mmm_assets.config.key_prefix import prefix_of
from mmm_assets.config.schema import MODELINE, SCHEMA_FILE, schema_text
from mmm_assets.guessing.guess import InitOptions, guess_project, render_yaml
from mmm_assets.orchestration.definitions import build_definitions

CONFIG = "mmm.yaml"

_FIRST = """\
# {modeline}
# Say where the tables are and which columns they have; every key is in {schema}.
project: {project}
key_prefix: {prefix}

tables:
  kpi:
    source: kpi.csv        # a CSV or Parquet file, a glob; or  sql: SELECT …
    week: week
    region: null           # null: one region, the whole country
    kpi: sales
    value_per_kpi: null    # a column, or money that one unit of the KPI is worth
  media:
    source: media.csv
    layout: long
    week: week
    region: null
    channel: channel
    spend: spend
"""


class ScaffoldParams(BaseModel):
    """What ``dg scaffold defs`` may be told."""

    tables: str = Field(
        default="",
        description="CSV or Parquet tables, comma-separated, from which mmm.yaml is guessed, as "
        "'mmm init' does; without, a first one is written to be filled in",
    )


class ProjectScaffolder(Scaffolder[ScaffoldParams]):
    """Writes ``defs.yaml`` and a first ``mmm.yaml`` with its schema beside it."""

    @classmethod
    def get_scaffold_params(cls) -> type[ScaffoldParams]:
        """What the command line offers."""
        return ScaffoldParams

    def scaffold(self, request: ScaffoldRequest[ScaffoldParams]) -> None:
        """Write the files; an ``mmm.yaml`` that is there stays."""
        scaffold_component(request, {"config": CONFIG})
        file = request.target_path / CONFIG
        if not file.exists():
            named = [Path(name.strip()) for name in request.params.tables.split(",") if name]
            file.write_text(_first_config(request.target_path, named), encoding="utf-8")
            (request.target_path / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")


def _first_config(folder: Path, tables: list[Path]) -> str:
    if tables:
        return render_yaml(guess_project(tables, InitOptions(out=folder)))
    name = folder.resolve().name
    prefix = prefix_of(name)
    return _FIRST.format(modeline=MODELINE, schema=SCHEMA_FILE, project=name, prefix=prefix)


@scaffold_with(ProjectScaffolder)
class MarketingMixProject(Component, Model, Resolvable):
    """A weekly marketing-mix refresh of one brand, market or KPI, as its ``mmm.yaml`` says."""

    config: str = Field(
        default=CONFIG, description="The project's configuration, from the folder of defs.yaml."
    )

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """What ``dg`` and the UI show of the component."""
        return dg.ComponentTypeSpec(
            description=cls.__doc__,
            tags=["duckdb", "pytorch"],
            produces=["asset", "asset_check", "job", "schedule", "sensor"],
        )

    def build_defs(self, context: ComponentLoadContext) -> dg.Definitions:
        """Load the project.

        Raises
        ------
        ConfigError
            If ``mmm.yaml`` is wrong, or has no key prefix.
        """
        return build_definitions(_prefixed(load_config(context.path / self.config)))


def _prefixed(config: ProjectConfig) -> ProjectConfig:
    if config.key_prefix is None:
        raise ConfigError(
            f"{config.path}: 'key_prefix' is missing, and others may share this code location. "
            f"Add the line  key_prefix: {prefix_of(config.project)}"
        )
    return config
