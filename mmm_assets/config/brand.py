"""The part of ``model`` that says where a slow stock of brand is looked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from mmm_assets.config.tables import Name, Section
from mmm_model.brand import LONGEST, SHORTEST, BrandSettings

HalfLife = Annotated[float, Field(ge=SHORTEST, le=LONGEST)]


class BrandSection(Section):
    """Channels whose effect may last for years."""

    channels: tuple[Name, ...] = Field(
        min_length=1, description="that leave a slow stock behind, where the data can tell"
    )
    half_life: tuple[HalfLife, HalfLife] = Field(
        default=(SHORTEST, LONGEST),
        description="weeks in which half of the stock is gone: the shortest and the longest",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> BrandSection:
        self.settings()
        return self

    def settings(self) -> BrandSettings:
        """What the model reads."""
        return BrandSettings(self.channels, self.half_life)
