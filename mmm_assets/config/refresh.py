"""The section ``refresh`` of the configuration: which weeks are refreshed, and how."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from mmm_assets.config.tables import Section


def _monday(day: date) -> date:
    if day.weekday() != 0:
        raise ValueError(f"it is a {day:%A}; allowed are Mondays")
    return day


Monday = Annotated[date, AfterValidator(_monday)]

WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS_EARLY = {day: -place % 7 for place, day in enumerate(get_args(WeekDay))}
"""Day that weeks begin with → how many days that is before the Monday in them, their name."""


def monday_of(day: date, week_start: WeekDay) -> date:
    """Return the Monday that names the week of a day; weeks begin with ``week_start``."""
    moved = day + timedelta(days=DAYS_EARLY[week_start])
    return moved - timedelta(days=moved.weekday())


MOVED = ("holdout_weeks", "members", "seed")
"""Keys of ``model`` that stood in ``refresh`` up to release 0.1, and may still."""


class RefreshSection(Section):
    """Weeks that may be refreshed, and the data that a refresh may see."""

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
    explain_changes: bool = Field(
        default=True,
        description="split by cause what changed since the published refresh before; where more "
        "than new weeks came, that takes up to the time of two fits",
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
