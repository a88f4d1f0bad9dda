"""The part of the configuration that says how a project runs by itself: when, and who is told."""

from __future__ import annotations

import re
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from mmm_assets.config.tables import Section

Occasion = Literal["published", "held", "refused", "failed", "late", "rolled_back"]


class ScheduleSection(Section):
    """When the newest complete week is refreshed by itself."""

    cron: str = Field(default="0 6 * * 1", description="minute hour day month weekday")
    timezone: str = Field(default="UTC", description="of the cron line, e.g. Europe/Berlin")
    grace_hours: int = Field(
        default=24, ge=0, le=144, description="hours after that to wait for a week's data"
    )
    publish_within_hours: int = Field(
        default=72,
        ge=0,
        le=672,
        description="hours after a week's end by which it is published, if its data are there; "
        "then a check at published_refresh turns red",
    )
    retries: int = Field(default=1, ge=0, le=10, description="of a run whose process died")

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


class NotifySection(Section):
    """Who is told how a refresh ended; secrets belong into the environment."""

    when: list[Occasion] = Field(
        default=["held", "refused", "failed", "late", "rolled_back"],
        description="late: no data at the end of schedule.grace_hours; rolled_back: mmm rollback",
    )
    file: str | None = Field(default=None, description="gets one line of JSON for each notice")
    command: list[str] = Field(
        default=[], description="program and arguments; gets the notice as JSON on standard input"
    )
    url: str | None = Field(
        default=None, description="gets the notice by POST, as JSON; ${NAME} = environment"
    )

    @field_validator("url")
    @classmethod
    def _web(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://|\$\{\w+\}", value):
            raise ValueError("allowed is http://…, https://… or ${NAME}")
        return value


class RetentionSection(Section):
    """Length of the past that is kept. Deliveries and summaries of results stay for ever."""

    details: int = Field(
        default=13,
        ge=1,
        description="refreshes whose results by region and week are kept in the mart tables",
    )
    models: int = Field(
        default=60, ge=1, description="refresh weeks whose models and panels are kept"
    )
    reports: int = Field(default=260, ge=1, description="refresh weeks whose dashboards are kept")
    runs: int = Field(default=500, ge=10, description="runs whose events and logs are kept")
