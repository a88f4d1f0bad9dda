"""The configuration of a project: one YAML file, checked once, when it is loaded.

Every key that ``mmm.yaml`` may have is a field below, with its meaning and its default.
A key that is not here is refused. Imports stay light: the command line starts with this file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from mmm_assets.config.budget import BudgetSection
from mmm_assets.config.checks import ChecksSection
from mmm_assets.config.errors import ConfigError, explain
from mmm_assets.config.model import ModelSection
from mmm_assets.config.operations import NotifySection, RetentionSection, ScheduleSection
from mmm_assets.config.tables import Name, Section, Tables

if TYPE_CHECKING:
    from mmm_model.budget.scenarios import BudgetSettings
    from mmm_model.graph import GraphSettings
    from mmm_model.settings import ModelSettings


def _monday(day: date) -> date:
    if day.weekday() != 0:
        raise ValueError(f"it is a {day:%A}; allowed are Mondays")
    return day


Owner = Annotated[str, StringConstraints(pattern=r"^(team:[\w-]+|[^@\s]+@[^@\s]+)$")]
Monday = Annotated[date, AfterValidator(_monday)]


class RefreshSection(Section):
    """How one refresh is run and which weeks may be refreshed."""

    min_weeks: int = Field(default=26, ge=4, le=520, description="fewest weeks of KPI to train on")
    holdout_weeks: int | None = Field(
        default=None, ge=1, le=52, description="earlier place of model.holdout_weeks"
    )
    members: int | None = Field(
        default=None, ge=1, le=64, description="earlier place of model.members"
    )
    seed: int | None = Field(
        default=None, ge=0, lt=2**31, description="earlier place of model.seed"
    )
    warm_start: bool = Field(
        default=False,
        description="start the search from the week before, if published; "
        "a week's result then depends on that one's",
    )
    track_weeks: int = Field(
        default=13, ge=1, le=52, description="weeks ahead for which forecasts are scored"
    )
    first_week: Monday = Field(
        default=date(2015, 1, 5), description="first Monday that can be refreshed"
    )
    last_week: Monday | None = Field(
        default=None, description="last one; null: the newest complete week"
    )
    knowledge: Literal["latest", "then"] = Field(
        default="latest", description="past weeks see today's tables, or what was loaded in time"
    )
    days_to_deliver: int = Field(
        default=7, ge=0, le=365, description="then: days after the week in which loads count"
    )

    @model_validator(mode="after")
    def _in_order(self) -> RefreshSection:
        if self.last_week and self.last_week < self.first_week:
            raise ValueError(f"'last_week' {self.last_week} is before {self.first_week}")
        return self


MOVED = ("holdout_weeks", "members", "seed")
"""Keys of ``model`` that stood in ``refresh`` up to release 0.1, and may still."""


class GraphSection(Section):
    """What is known about how channels and controls drive each other."""

    enabled: bool = Field(default=True, description="false: channels do not drive each other")
    tiers: list[list[Name]] = Field(
        default=[], description="upper to lower funnel; no edge leads back"
    )
    required: list[tuple[Name, Name]] = Field(default=[], description="pairs [source, target]")
    forbidden: list[tuple[Name, Name]] = Field(default=[], description="pairs [source, target]")
    probability: float = Field(
        default=0.7, ge=0.5, le=1, description="share of refits that must find an edge"
    )
    keep_driven_controls: bool = Field(
        default=False, description="true: adjust for controls that media drive all the same"
    )
    instruments: list[Name] = Field(
        default=[], description="controls that act only through the channels they drive"
    )

    @property
    def nodes(self) -> set[str]:
        """The channels and controls that are named."""
        edges = [*self.required, *self.forbidden]
        return {name for group in [*self.tiers, *edges, self.instruments] for name in group}


class ProjectConfig(Section):
    """Everything that ``mmm.yaml`` says."""

    project: Annotated[str, StringConstraints(pattern=r"^[\w][\w .&+-]{0,79}$")] = Field(
        default="project", description="name in the dashboard and in Dagster"
    )
    kpi_name: Name = Field(default="KPI", description="name of the KPI in the dashboard")
    currency: Annotated[str, StringConstraints(pattern=r"^[^\W\d_]{1,5}$|^[€$£¥]$")] = Field(
        default="EUR", description="of spend and of value_per_kpi"
    )
    owners: tuple[Owner, ...] = Field(
        default=(), description="of the assets in Dagster: team:NAME or an e-mail address"
    )
    tables: Tables
    week_origin: Monday | None = Field(
        default=None, description="Monday of week 0, for numbered weeks"
    )
    zero_kpi: Literal["auto", "missing", "zero"] = Field(
        default="auto", description="a KPI of 0 is an outage, is a real 0, or is judged by region"
    )
    warehouse: str = Field(
        default="warehouse", min_length=1, description="folder of the DuckDB files"
    )
    memory_limit: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")] | None = (
        Field(default=None, description="of DuckDB, e.g. 2GB, beyond it spills; null: 80 %")
    )
    reports: str = Field(default="reports", min_length=1, description="folder of the dashboards")
    refresh: RefreshSection = RefreshSection()
    model: ModelSection = ModelSection()
    graph: GraphSection = GraphSection()
    budget: BudgetSection = BudgetSection()
    checks: ChecksSection = ChecksSection()
    schedule: ScheduleSection = ScheduleSection()
    notify: NotifySection = NotifySection()
    retention: RetentionSection = RetentionSection()

    _path: Path = PrivateAttr(default=Path("mmm.yaml"))

    @model_validator(mode="after")
    def _model_makes_sense(self) -> ProjectConfig:
        given = self.model.model_fields_set
        if twice := [k for k in MOVED if k in given and getattr(self.refresh, k) is not None]:
            raise ValueError(f"{twice} stand in 'refresh' and in 'model'; leave them in 'model'")
        holdout = self.model_settings().holdout_weeks
        if self.refresh.min_weeks <= holdout + 1:
            raise ValueError(
                f"'refresh.min_weeks' is {self.refresh.min_weeks}, allowed is more than "
                f"holdout_weeks + 1 ({holdout + 1})"
            )
        return self

    @model_validator(mode="after")
    def _budgets_make_sense(self) -> ProjectConfig:
        self.budget_settings()
        return self

    @model_validator(mode="after")
    def _graph_makes_sense(self) -> ProjectConfig:
        if self.graph.nodes:
            self.graph_settings()
        return self

    @model_validator(mode="after")
    def _channels_are_known(self) -> ProjectConfig:
        known = set(self.tables.media.columns)
        unknown = sorted(self.named_channels - known)
        if known and unknown:
            raise ValueError(
                f"'graph' or 'budget' names {unknown}; the channels are {sorted(known)}"
            )
        return self

    @property
    def named_channels(self) -> set[str]:
        """Channels that 'graph' and 'budget' speak of; 'graph' may name wide controls, too."""
        controls = set(self.tables.controls.named) if self.tables.controls else set()
        return (self.graph.nodes - controls) | self.budget.channels

    @property
    def path(self) -> Path:
        """The file that was read."""
        return self._path

    @property
    def folder(self) -> Path:
        """Its folder, from which every relative path counts."""
        return self._path.parent

    @property
    def warehouse_folder(self) -> Path:
        """Folder of ``work.duckdb``, ``mmm.duckdb`` and the saved models."""
        return (self.folder / self.warehouse).resolve()

    @property
    def reports_folder(self) -> Path:
        """Folder of the dashboards."""
        return (self.folder / self.reports).resolve()

    @cached_property
    def fingerprint(self) -> str:
        """Hash of what decides a result; layout, comments, defaults written out do not."""
        operations = {"schedule", "notify", "retention", "memory_limit"}
        decides = self.model_dump(mode="json", exclude=operations)
        decides["refresh"] = {k: v for k, v in decides["refresh"].items() if k not in MOVED}
        decides["model"] = asdict(self.model_settings())  # wherever its keys stand
        content = json.dumps(decides, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def model_settings(self) -> ModelSettings:
        """How the model is trained."""
        from mmm_model.settings import ModelSettings

        moved = {k: v for k in MOVED if (v := getattr(self.refresh, k)) is not None}
        return ModelSettings(**{**self.model.model_dump(), **moved})

    def graph_settings(self, nodes: Collection[str] | None = None) -> GraphSettings:
        """How the channel graph is learned.

        Parameters
        ----------
        nodes
            Channels and controls of the panel: what is said of others is left out, since a
            channel that has not been on air yet is not in the panel of an early week.
        """
        from mmm_model.graph import GraphSettings

        def known(*names: str) -> bool:
            return nodes is None or set(names) <= set(nodes)

        return GraphSettings(
            enabled=self.graph.enabled,
            publish_probability=self.graph.probability,
            tiers=tuple(tuple(filter(known, tier)) for tier in self.graph.tiers),
            required=tuple(edge for edge in self.graph.required if known(*edge)),
            forbidden=tuple(edge for edge in self.graph.forbidden if known(*edge)),
            keep_driven_controls=self.graph.keep_driven_controls,
            instruments=tuple(filter(known, self.graph.instruments)),
            seed=self.model_settings().seed,
        )

    def budget_settings(self, channels: Collection[str] | None = None) -> BudgetSettings:
        """What a recommended budget may do; of other ``channels`` than these nothing is said."""
        return self.budget.settings(channels)


def find_config() -> Path:
    """Find the configuration: ``MMM_CONFIG``, else ``./mmm.yaml``, else the bundled sample.

    Raises
    ------
    ConfigError
        If there is none.
    """
    named = os.environ.get("MMM_CONFIG")
    if named:
        return Path(named)
    sample = Path(__file__).resolve().parents[2] / "data" / "mmm.yaml"
    for file in (Path("mmm.yaml"), sample):
        if file.exists():
            return file
    raise ConfigError(
        "there is no mmm.yaml here. Write one with 'mmm init TABLE --out DIR', or name yours "
        "with --config FILE or MMM_CONFIG"
    )


def load_config(path: Path | str) -> ProjectConfig:
    """Read and validate a configuration.

    Raises
    ------
    ConfigError
        Names each wrong key (dotted), its value and what is allowed.
    """
    file = Path(path).expanduser().resolve()
    try:
        content = yaml.load(file.read_text(encoding="utf-8-sig"), Loader=_NoDuplicates)
    except FileNotFoundError:
        raise ConfigError(f"{file} does not exist; 'mmm init' writes one") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file} cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file} must hold keys and values, as 'mmm init' writes them")
    try:
        config = ProjectConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{file}:\n{explain(error, ProjectConfig, content)}") from error
    config._path = file
    return config


class _NoDuplicates(yaml.SafeLoader):
    """YAML takes the last of two equal keys without a word; here it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' is there twice", node.start_mark
                )
        return super().construct_mapping(node, deep)
