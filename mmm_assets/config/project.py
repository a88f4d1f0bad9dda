"""Everything that ``mmm.yaml`` says: its sections, and the keys that stand beside them.

Every key that ``mmm.yaml`` may have is a field here or of a section, with its meaning and its
default. A key that is not there is refused. Imports stay light: the command line starts here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PrivateAttr, StringConstraints, model_validator

from mmm_assets.config.budget import BudgetSection, Floor
from mmm_assets.config.calendar import CalendarSection
from mmm_assets.config.checks import ChecksSection
from mmm_assets.config.engine import EngineSection
from mmm_assets.config.experiments import ExperimentsSection
from mmm_assets.config.graph import GraphSection
from mmm_assets.config.key_prefix import KeyPrefix
from mmm_assets.config.lake import LakeSection
from mmm_assets.config.model import ModelSection
from mmm_assets.config.money import Currency
from mmm_assets.config.operations import NotifySection, RetentionSection, ScheduleSection
from mmm_assets.config.queries import QueriesSection
from mmm_assets.config.refresh import DAYS_EARLY, MOVED, Monday, RefreshSection, WeekDay, monday_of
from mmm_assets.config.tables import MAKERS, Name, Section, Tables
from mmm_assets.config.trust import TrustSection

if TYPE_CHECKING:
    from mmm_model.budget.budget_settings import BudgetSettings
    from mmm_model.budget.goals import Goals
    from mmm_model.graph import GraphSettings
    from mmm_model.settings import ModelSettings

Owner = Annotated[str, StringConstraints(pattern=r"^(team:[\w-]+|[^@\s]+@[^@\s]+)$")]

OPERATIONS = {
    "key_prefix", "schedule", "notify", "retention", "memory_limit", "queries", "engine", "lake"
}  # fmt: skip
"""Sections and keys on which no result depends."""


class ProjectConfig(Section):
    """Everything that ``mmm.yaml`` says."""

    project: Annotated[str, StringConstraints(pattern=r"^[\w][\w .&+-]{0,79}$")] = Field(
        default="project", description="name in the dashboard and in Dagster"
    )
    key_prefix: KeyPrefix | None = Field(
        default=None,
        description="begins all asset keys and names in Dagster, one a project; null: names as in "
        "release 0.1, for the only project of a Dagster instance",
    )
    kpi_name: Name = Field(default="KPI", description="name of the KPI in the dashboard")
    currency: Currency = Field(
        default="EUR",
        description="code (ISO 4217) of spend and of value_per_kpi; nothing is converted",
    )
    owners: tuple[Owner, ...] = Field(
        default=(), description="of the assets in Dagster: team:NAME or an e-mail address"
    )
    tables: Tables = Field(description="the columns that are read; every other one is ignored")
    queries: QueriesSection = Field(
        default=QueriesSection(), description="what 'sql' in 'tables' may reach"
    )
    week_origin: Monday | None = Field(
        default=None, description="Monday of week 0, for numbered weeks"
    )
    week_start: WeekDay = Field(
        default="monday",
        description="day that weeks begin with; a week is named by the Monday in it",
    )
    calendar: CalendarSection | None = Field(
        default=None, description="holidays and own events; null: none, as where dates are unknown"
    )
    zero_kpi: Literal["auto", "missing", "zero"] = Field(
        default="auto", description="a KPI of 0 is an outage, is a real 0, or is judged by region"
    )
    warehouse: str = Field(
        default="warehouse",
        min_length=1,
        description="folder of the DuckDB files and the saved models, from the folder of this file",
    )
    lake: LakeSection | None = Field(
        default=None, description="tables in DuckLake in place of DuckDB files; null: files"
    )
    memory_limit: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")] | None = (
        Field(default=None, description="of DuckDB, e.g. 2GB, beyond it spills; null: 80 %")
    )
    reports: str = Field(
        default="reports",
        min_length=1,
        description="folder of the dashboards, from the folder of this file",
    )
    engine: EngineSection = Field(
        default=EngineSection(), description="what executes refreshes and keeps Dagster's records"
    )
    refresh: RefreshSection = Field(
        default=RefreshSection(), description="which weeks are refreshed, and from which data"
    )
    model: ModelSection = Field(default=ModelSection(), description="how the model is fitted")
    graph: GraphSection = Field(
        default=GraphSection(), description="how channels and controls drive each other"
    )
    budget: BudgetSection = Field(
        default=BudgetSection(), description="what a recommended budget may do"
    )
    experiments: ExperimentsSection = Field(
        default=ExperimentsSection(), description="which tests are proposed, how they age"
    )
    checks: ChecksSection = Field(
        default=ChecksSection(), description="what the checks of the tables tolerate"
    )
    trust: TrustSection = Field(
        default=TrustSection(), description="how far a refresh is put to the test"
    )
    schedule: ScheduleSection = Field(
        default=ScheduleSection(), description="when a week is refreshed by itself"
    )
    notify: NotifySection = Field(
        default=NotifySection(), description="who is told how a refresh ended"
    )
    retention: RetentionSection = Field(
        default=RetentionSection(), description="how much of the past is kept"
    )

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
                f"'graph', 'budget' or 'model.brand' names {unknown}; "
                f"the channels are {sorted(known)}"
            )
        return self

    @model_validator(mode="after")
    def _kpis_have_names(self) -> ProjectConfig:
        if self.kpi_name in self.tables.kpi.more:
            raise ValueError(
                f"'tables.kpi.more' names '{self.kpi_name}', which is 'kpi_name', the main KPI's"
            )
        return self

    @model_validator(mode="after")
    def _goals_are_of_kpis(self) -> ProjectConfig:
        self.kpi_goals()
        return self

    @property
    def kpis(self) -> tuple[str, ...]:
        """Names of the KPIs, the main one first."""
        return (self.kpi_name, *self.tables.kpi.more)

    @property
    def named_channels(self) -> set[str]:
        """Channels that 'graph', 'budget' and 'model' name; 'graph' may name wide controls."""
        controls = set(self.tables.controls.named) if self.tables.controls else set()
        lasting = set(self.model.brand.channels) if self.model.brand else set()
        return (self.graph.nodes - controls) | self.budget.channels | lasting

    @property
    def days_early(self) -> int:
        """Days that a week begins before its Monday."""
        return DAYS_EARLY[self.week_start]

    def monday_of(self, day: date) -> date:
        """Monday that names the week of a day."""
        return monday_of(day, self.week_start)

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
        left_out: dict[str, Any] = {**dict.fromkeys(OPERATIONS, True), **MAKERS}
        decides = self.model_dump(mode="json", exclude=left_out)
        decides["refresh"] = {k: v for k, v in decides["refresh"].items() if k not in MOVED}
        if self.calendar is None:  # as in the releases that knew none
            del decides["calendar"]
        decides["model"] = self.model_settings().saved()  # wherever its keys stand
        if self.week_start == "monday":  # as before there was a choice
            del decides["week_start"]
        content = json.dumps(decides, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def model_settings(self) -> ModelSettings:
        """Settings of the model, also those that stand in ``refresh`` as they once did."""
        from mmm_model.settings import ModelSettings

        moved = {k: v for k in MOVED if (v := getattr(self.refresh, k)) is not None}
        return ModelSettings.of_preset(self.model.preset, **{**self.model.chosen, **moved})

    def graph_settings(self, nodes: Collection[str] | None = None) -> GraphSettings:
        """Settings of the channel graph, without what is said of other ``nodes`` than these."""
        return self.graph.settings(self.model_settings().seed, nodes)

    def budget_settings(self, channels: Collection[str] | None = None) -> BudgetSettings:
        """Settings of the budgets, without what is said of other ``channels`` than these."""
        return self.budget.settings(channels)

    def kpi_goals(
        self,
        weights: Mapping[str, float] | None = None,
        floors: Mapping[str, Floor] | None = None,
    ) -> Goals:
        """Goals of the budgets where there are several KPIs, and what a question says of its own.

        Raises
        ------
        ValueError
            If one is of an unknown KPI, or adds up what has no value.
        """
        kpi, further = self.tables.kpi, self.tables.kpi.more
        valued = {self.kpi_name: kpi.value_per_kpi is not None}
        valued |= {name: own.value_per_kpi is not None for name, own in further.items()}
        found = self.budget.kpi_goals(self.kpi_name, weights, floors)
        found.check(valued)
        return found
