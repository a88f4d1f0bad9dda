"""The configuration of a project: one YAML file, checked once, when it is loaded.

Every key that ``mmm.yaml`` may have is a field below, with its meaning and its default.
A key that is not here is refused. Imports stay light: the command line starts with this file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from mmm_assets.config_errors import ConfigError, explain

if TYPE_CHECKING:
    from mmm_model.budgets import BudgetSettings
    from mmm_model.graph import GraphSettings
    from mmm_model.settings import ModelSettings

NATIONAL = "national"
"""Name of the one region of a table that has no column of regions."""


def _monday(day: date) -> date:
    if day.weekday() != 0:
        raise ValueError(f"it is a {day:%A}; allowed are Mondays")
    return day


Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Monday = Annotated[date, AfterValidator(_monday)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(_Section):
    """Where a table comes from and how its text is read: either ``source`` or ``sql``."""

    source: str | None = Field(
        default=None, description="CSV or Parquet file, or glob, from mmm.yaml"
    )
    sql: str | None = Field(
        default=None, description="SELECT that DuckDB can run; ${NAME} = environment"
    )
    decimal: Literal[".", ","] = Field(default=".", description="decimal mark of the numbers")
    date_format: str | None = Field(default=None, description="e.g. %d/%m/%Y; default: ISO dates")

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if (self.source is None) == (self.sql is None):
            raise ValueError("give either 'source' (a file or a glob) or 'sql' (a SELECT)")
        return self

    @property
    def origin(self) -> str:
        """The source as configured; what was loaded from another one is not used."""
        return f"sql: {self.sql}" if self.sql else str(self.source)


class WeeklySource(Source):
    """A table with a column of weeks and, unless it is national, one of regions."""

    week: Name = Field(description="column of dates, or of week numbers with week_origin")
    region: Name | None = Field(default=None, description="column of regions; null: national")


class MediaTable(WeeklySource):
    """Spend and exposure. Wide: one column a channel. Long: one row a channel."""

    layout: Literal["wide", "long"] = "wide"
    channel: Name | None = Field(default=None, description="long: column of channels")
    spend: Name | dict[Name, Name] | None = Field(
        default=None, description="long: column; wide: channel → column"
    )
    exposure: Name | dict[Name, Name] | None = Field(
        default=None, description="long: column; wide: channel → column"
    )

    @model_validator(mode="after")
    def _fits_layout(self) -> MediaTable:
        if not self.spend and not self.exposure:
            raise ValueError("give 'spend' or 'exposure' or both")
        long = self.layout == "long"
        for key, value in (("spend", self.spend), ("exposure", self.exposure)):
            if value is not None and isinstance(value, str) != long:
                wanted = "a column's name" if long else "a mapping of channel to column"
                raise ValueError(f"'{key}' must be {wanted}, because layout is '{self.layout}'")
        if long != (self.channel is not None):
            raise ValueError("'channel' belongs to layout 'long', and only there")
        return self

    @property
    def columns(self) -> dict[str, tuple[str | None, str | None]]:
        """Wide layout: channel → (column of spend, column of exposure)."""
        spend = self.spend if isinstance(self.spend, dict) else {}
        exposure = self.exposure if isinstance(self.exposure, dict) else {}
        return {name: (spend.get(name), exposure.get(name)) for name in {**spend, **exposure}}


class KpiTable(WeeklySource):
    """What the business wants, and what one unit of it is worth."""

    kpi: Name = Field(description="column of the KPI")
    value_per_kpi: Name | float | None = Field(
        default=None, description="money per unit of KPI: a column or a number; null: no ROI"
    )

    @field_validator("value_per_kpi")
    @classmethod
    def _positive(cls, value: str | float | None) -> str | float | None:
        if isinstance(value, float) and value <= 0:
            raise ValueError("allowed are a column's name or a number above 0")
        return value


class ControlsTable(WeeklySource):
    """What else moves the KPI. Wide: one column a control. Long: one row a control."""

    layout: Literal["wide", "long"] = "wide"
    columns: list[Name] | dict[Name, Name] | None = Field(
        default=None, description="wide: columns, or control → column"
    )
    control: Name | None = Field(default=None, description="long: column of the controls' names")
    value: Name | None = Field(default=None, description="long: column of their values")

    @model_validator(mode="after")
    def _fits_layout(self) -> ControlsTable:
        wide, long = self.columns is not None, self.control is not None and self.value is not None
        if self.layout == "wide" and (not wide or self.control or self.value):
            raise ValueError("layout 'wide' needs 'columns', and neither 'control' nor 'value'")
        if self.layout == "long" and (not long or wide):
            raise ValueError("layout 'long' needs 'control' and 'value', and no 'columns'")
        return self

    @property
    def named(self) -> dict[str, str]:
        """Wide layout: control → column."""
        if isinstance(self.columns, dict):
            return self.columns
        return {name: name for name in self.columns or []}


class LiftTestsTable(Source):
    """Experiments: exposure was at ``x``, rose by ``delta_x``, the KPI by ``delta_y`` ± sigma."""

    channel: Name = "channel"
    region: Name | None = None
    x: Name = "x"
    delta_x: Name = "delta_x"
    delta_y: Name = "delta_y"
    sigma: Name = "sigma"


class Tables(_Section):
    """The two tables that are needed and the two that are optional."""

    media: MediaTable
    kpi: KpiTable
    controls: ControlsTable | None = None
    lift_tests: LiftTestsTable | None = None

    @model_validator(mode="after")
    def _same_regions(self) -> Tables:
        if (self.media.region is None) != (self.kpi.region is None):
            raise ValueError(
                "'media' and 'kpi' must both have a 'region' or both be national; "
                "'sql' can sum a regional table"
            )
        if self.controls and self.controls.region and not self.kpi.region:
            raise ValueError("'controls' has a 'region' and 'kpi' has none")
        return self


class RefreshSection(_Section):
    """How one refresh is run and which weeks may be refreshed."""

    holdout_weeks: int = Field(
        default=8, ge=1, le=52, description="weeks held out to judge the forecast"
    )
    min_weeks: int = Field(default=26, ge=4, le=520, description="fewest weeks of KPI to train on")
    members: int = Field(default=8, ge=1, le=64, description="size of the ensemble")
    seed: int = Field(default=0, ge=0, lt=2**31, description="same data and seed, same result")
    first_week: Monday = Field(
        default=date(2015, 1, 5), description="first Monday that can be refreshed"
    )
    last_week: Monday | None = Field(
        default=None, description="last one; null: the newest complete week"
    )

    @model_validator(mode="after")
    def _in_order(self) -> RefreshSection:
        if self.last_week and self.last_week < self.first_week:
            raise ValueError(f"'last_week' {self.last_week} is before {self.first_week}")
        if self.min_weeks <= self.holdout_weeks + 1:
            raise ValueError(
                f"'min_weeks' is {self.min_weeks}, allowed is more than holdout_weeks + 1 "
                f"({self.holdout_weeks + 1})"
            )
        return self


class GraphSection(_Section):
    """What is known about how channels drive each other."""

    enabled: bool = Field(default=True, description="false: channels do not drive each other")
    tiers: list[list[Name]] = Field(
        default=[], description="upper to lower funnel; no edge leads back"
    )
    required: list[tuple[Name, Name]] = Field(default=[], description="pairs [source, target]")
    forbidden: list[tuple[Name, Name]] = Field(default=[], description="pairs [source, target]")
    probability: float = Field(
        default=0.8, ge=0.5, le=1, description="share of refits that find an edge"
    )

    @property
    def channels(self) -> set[str]:
        """The channels that are named."""
        edges = [*self.required, *self.forbidden]
        return {name for group in [*self.tiers, *edges] for name in group}


class BudgetSection(_Section):
    """What a recommended budget may do."""

    max_change: float = Field(
        default=0.3, gt=0, le=1, description="largest change of a channel's spend"
    )


class ChecksSection(_Section):
    """Thresholds of the rules in ``rules.py``."""

    outage_floor: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="zero_kpi auto: least KPI over median that makes 0 an outage",
    )
    min_active_weeks: int = Field(
        default=4, ge=1, description="fewest weeks on air before a warning"
    )


class ScheduleSection(_Section):
    """When the newest complete week is refreshed by itself."""

    cron: str = Field(default="0 6 * * 1", description="minute hour day month weekday")
    timezone: str = Field(default="UTC", description="of the cron line, e.g. Europe/Berlin")

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, value: str) -> str:
        if not re.fullmatch(r"[\d*/,\-A-Za-z]+( +[\d*/,\-A-Za-z#]+){4}", value):
            raise ValueError("allowed are five fields: minute hour day month weekday")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("allowed are IANA names such as Europe/Berlin") from error
        return value


class ProjectConfig(_Section):
    """Everything that ``mmm.yaml`` says."""

    project: Annotated[str, StringConstraints(pattern=r"^[\w][\w .&+-]{0,79}$")] = "project"
    kpi_name: Name = "KPI"
    currency: Annotated[str, StringConstraints(pattern=r"^[^\W\d_]{1,5}$|^[€$£¥]$")] = "EUR"
    owners: list[Annotated[str, StringConstraints(pattern=r"^(team:[\w-]+|[^@\s]+@[^@\s]+)$")]] = []
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
    reports: str = Field(default="reports", min_length=1, description="folder of the dashboards")
    refresh: RefreshSection = RefreshSection()
    graph: GraphSection = GraphSection()
    budget: BudgetSection = BudgetSection()
    checks: ChecksSection = ChecksSection()
    schedule: ScheduleSection = ScheduleSection()

    _path: Path = PrivateAttr(default=Path("mmm.yaml"))

    @model_validator(mode="after")
    def _graph_names_channels(self) -> ProjectConfig:
        known = set(self.tables.media.columns)
        unknown = sorted(self.graph.channels - known)
        if known and unknown:
            raise ValueError(f"'graph' names {unknown}; the channels are {sorted(known)}")
        return self

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
        """Hash of the content; layout, comments and defaults written out do not change it."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def model_settings(self) -> ModelSettings:
        """How the model is trained."""
        from mmm_model.settings import ModelSettings

        return ModelSettings(
            holdout_weeks=self.refresh.holdout_weeks,
            members=self.refresh.members,
            seed=self.refresh.seed,
        )

    def graph_settings(self, channels: Collection[str] | None = None) -> GraphSettings:
        """How the channel graph is learned.

        Parameters
        ----------
        channels
            Channels of the panel: what is said of others is left out, since a channel that has
            not been on air yet is not in the panel of an early week.
        """
        from mmm_model.graph import GraphSettings

        def known(*names: str) -> bool:
            return channels is None or set(names) <= set(channels)

        return GraphSettings(
            enabled=self.graph.enabled,
            publish_probability=self.graph.probability,
            tiers=tuple(tuple(filter(known, tier)) for tier in self.graph.tiers),
            required=tuple(edge for edge in self.graph.required if known(*edge)),
            forbidden=tuple(edge for edge in self.graph.forbidden if known(*edge)),
            seed=self.refresh.seed,
        )

    def budget_settings(self) -> BudgetSettings:
        """What a recommended budget may do."""
        from mmm_model.budgets import BudgetSettings

        return BudgetSettings(max_change=self.budget.max_change)


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
    sample = Path(__file__).resolve().parent.parent / "data" / "mmm.yaml"
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
