"""The section ``calendar`` of the configuration: whose holidays the regions keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, StringConstraints

from mmm_assets.config.tables import Name, Section

Place = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Za-z0-9-]{1,10})?$")]
"""Country of ISO 3166, or a part of one after a dash: DE, DE-BY, US-CA."""


class CalendarSection(Section):
    """Holidays, with the days before and after them; without it the calendar is not looked at."""

    country: Place | None = Field(
        default=None, description="whose holidays all regions keep: DE, or a part of it: DE-BY"
    )
    regions: dict[Name, Place] = Field(
        default={}, description="regions with holidays of their own: {Bayern: DE-BY, Wien: AT}"
    )
    before: int = Field(
        default=7, ge=0, le=28, description="days before a holiday in which it works, too"
    )
    after: int = Field(
        default=7, ge=0, le=28, description="days after a holiday in which it works, too"
    )

    def places(self, regions: Iterable[str]) -> dict[str, str]:
        """Region → country or part of one; regions without any are left out."""
        found = {region: self.regions.get(region, self.country) for region in regions}
        return {region: place for region, place in found.items() if place}
