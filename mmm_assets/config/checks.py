"""The part of the configuration that says what the rules for the tables tolerate."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from mmm_assets.config.tables import Name, Section


class Waiver(Section):
    """A rule that may be broken for a while; `rules.require_known_waivers` knows the rules."""

    rule: Name = Field(description="table.rule, as mmm check lists them")
    reason: Name = Field(description="why; it is shown with the check")
    until: date = Field(description="last day on which the waiver counts")


class ChecksSection(Section):
    """Thresholds of the rules in ``inputs/rules``, and what is waived."""

    outage_floor: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="zero_kpi auto: least KPI over median that makes 0 an outage",
    )
    min_active_weeks: int = Field(
        default=4, ge=1, description="fewest weeks on air before a warning"
    )
    jump: float = Field(
        default=3.0, gt=1, description="largest multiple of all earlier weeks before a warning"
    )
    implausible: float = Field(
        default=6.0,
        gt=1,
        description="times the highest other week from which a cell of media is a typing error",
    )
    implausible_cells: Literal["replace", "keep"] = Field(
        default="replace", description="such cells: replaced, or learned from as they are"
    )
    unit_factor: float = Field(
        default=30.0, gt=1, description="times the usual value that look like another unit"
    )
    silent_weeks: int = Field(
        default=8, ge=1, description="weeks off air before a channel counts as gone silent"
    )
    dense_share: float = Field(
        default=0.98, gt=0, le=1, description="share filled from which the rest looks forgotten"
    )
    frozen_weeks: int = Field(
        default=4, ge=2, description="weeks with the very same KPI before a warning"
    )
    max_restated: float = Field(
        default=0.02, ge=0, description="share of past weeks' KPI or spend that may be restated"
    )
    max_correlation: float = Field(
        default=0.95, gt=0, le=1, description="correlation from which channels look like one"
    )
    min_variation: float = Field(
        default=0.05, ge=0, description="least standard deviation over mean of a channel's weeks"
    )
    min_data_ratio: float = Field(
        default=10.0, ge=0, description="fewest region-weeks per channel and control"
    )
    min_value_ratio: float = Field(
        default=0.1,
        ge=0,
        description="least value of the KPI over media spend: no ROI can be above it on average",
    )
    max_value_ratio: float = Field(
        default=300.0,
        gt=0,
        description="most value of the KPI over media spend: few spend less than 0.3 % of sales",
    )
    waivers: tuple[Waiver, ...] = Field(
        default=(), description="rules that may be broken for a while: rule, reason, until"
    )

    @model_validator(mode="after")
    def _waived_once(self) -> ChecksSection:
        names = [waiver.rule for waiver in self.waivers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"'waivers' names {twice} more than once")
        return self
