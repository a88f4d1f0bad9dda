"""The section ``calendar`` of the configuration: holidays of the regions, and own events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
)

from mmm_assets.config.countries import country_code
from mmm_assets.config.tables import Cells, Name, Section, Source

Place = Annotated[
    str,
    BeforeValidator(country_code),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}(-[A-Za-z0-9-]{1,10})?$"}),
]
"""Country of ISO 3166, or a part of one after a dash: DE, DE-BY, US-CA."""


class EventsTable(Source):
    """Events of the project's own, a row each: school holidays, fairs, launches, strikes.

    The newest load of a source is all of it: an event that it no longer names is called off.
    """

    day: Name = Field(description="column of the first day, or of the only one")
    until: Name | None = Field(
        default=None, description="column of the last day; null or empty: the first one"
    )
    name: Name = Field(description="column of names; what comes again bears one name")
    region: Name | None = Field(default=None, description="where; null or empty: everywhere")

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        return {
            "first_day": self.day,
            "last_day": self.until,
            "name": self.name,
            "region": self.region,
        }


class CalendarSection(Section):
    """Days that work by themselves, with those before and after them; without it there are none."""

    country: Place | None = Field(
        default=None, description="whose holidays all regions keep: DE, or a part of it: DE-BY"
    )
    regions: dict[Name, Place] = Field(
        default={}, description="regions with holidays of their own: {Bayern: DE-BY, Wien: AT}"
    )
    before: int = Field(
        default=7, ge=0, le=28, description="days before one in which it works, too"
    )
    after: int = Field(default=7, ge=0, le=28, description="days after one in which it works, too")
    events: EventsTable | None = Field(
        default=None,
        description="a table of own events by their days; future ones are planned with",
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, serialised: SerializerFunctionWrapHandler) -> Any:
        # A calendar of holidays alone has the fingerprint that it always had.
        written = serialised(self)
        if written.get("events") is None:
            written.pop("events", None)
        return written

    def places(self, regions: Iterable[str]) -> dict[str, str]:
        """Region → country or part of one; regions without any are left out."""
        found = {region: self.regions.get(region, self.country) for region in regions}
        return {region: place for region, place in found.items() if place}
