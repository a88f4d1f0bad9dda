"""The section ``model`` of the configuration: every setting of the response model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue, model_validator

from mmm_assets.config.brand import BrandSection
from mmm_assets.config.tables import Section
from mmm_model.equation.adstock import ADSTOCKS
from mmm_model.equation.saturation import SATURATIONS
from mmm_model.settings import PRESETS

_NOT_OF_THE_PAPER = (
    "estimator",
    "chains",
    "warmup",
    "draws",
    "rounds",
    "saturation",
    "gru_reach",
    "brand",
)


def _one_of(families: Mapping[str, str]) -> Any:
    """Type of a key that names a family."""

    def known(name: str) -> str:
        if name not in families:
            meanings = "; ".join(f"{family}: {said}" for family, said in families.items())
            raise ValueError(f"allowed are {meanings}")
        return name

    names: list[JsonValue] = [*families]
    return Annotated[str, AfterValidator(known), Field(json_schema_extra={"enum": names})]


class ModelSection(Section):
    """How the response model is fitted; the defaults serve most brands."""

    preset: Literal["default", "paper"] = Field(
        default="default",
        description="paper: the paper's network, everything in one loss; other defaults, see there",
    )
    holdout_weeks: int = Field(
        default=8, ge=1, le=52, description="weeks held out to judge the forecast"
    )
    estimator: Literal["posterior", "search"] = Field(
        default="posterior",
        description="posterior: draws of all shapes that the data allow; search: the likeliest",
    )
    members: int = Field(
        default=200, ge=1, le=1000, description="draws that are kept, or fits of a search"
    )
    chains: int = Field(default=4, ge=1, le=64, description="posterior: independent chains")
    warmup: int = Field(
        default=120, ge=1, le=100_000, description="posterior: sweeps of a chain thrown away"
    )
    draws: int = Field(
        default=130, ge=4, le=100_000, description="posterior: sweeps of a chain that are kept"
    )
    rounds: int = Field(
        default=3,
        ge=0,
        le=100,
        description="posterior: how often chains that disagree go on, twice as long each time",
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="same data and seed, same result")
    adstock: _one_of(ADSTOCKS) = Field(  # type: ignore[valid-type]
        default="geometric", description="how an effect spreads over the weeks after the exposure"
    )
    saturation: _one_of(SATURATIONS) = Field(  # type: ignore[valid-type]
        default="hill", description="how the response flattens as exposure rises"
    )
    lag_weeks: int = Field(default=39, ge=0, le=104, description="longest lag of the adstock")
    min_slope: float = Field(
        default=0.5, gt=0, le=20, description="hill: least slope; above 1 every curve is S-shaped"
    )
    max_slope: float = Field(default=3.0, gt=0, le=20, description="hill: largest slope")
    steps: int = Field(default=25, ge=0, le=10_000, description="steps of the optimiser")
    learning_rate: float = Field(
        default=0.1, gt=0, le=10, description="of the optimiser at its start; falls to zero"
    )
    gru_width: int = Field(
        default=8,
        ge=0,
        le=256,
        description="of the GRU whose states are the basis of effectiveness; 0: it stays",
    )
    gru_reach: float = Field(
        default=0.3,
        ge=0,
        le=3,
        description="how far effectiveness moves around one, where there is evidence that it does",
    )
    harmonics: int = Field(
        default=2, ge=0, le=26, description="pairs of sine and cosine in the yearly seasonality"
    )
    block_weeks: int = Field(
        default=8, ge=1, le=104, description="weeks in a row that are resampled for the intervals"
    )
    device: str = Field(
        default="cpu",
        pattern=r"^(cpu|cuda(:\d+)?|mps)$",
        description="where PyTorch computes: cpu, or a GPU as cuda or cuda:1",
    )
    brand: BrandSection | None = Field(
        default=None,
        description="channels whose effect may last for years; null: none is looked for",
    )

    @property
    def chosen(self) -> dict[str, Any]:
        """What stands in the file: the keys that a preset leaves as they are said."""
        found = self.model_dump(include=self.model_fields_set - {"preset"})
        return found | {"brand": self.brand.settings()} if self.brand else found

    @model_validator(mode="after")
    def _posterior_alone_looks_for_brand(self) -> ModelSection:
        if self.brand is not None and self.estimator != "posterior":
            raise ValueError("'brand' needs 'estimator: posterior'; the search has no such term")
        return self

    @model_validator(mode="after")
    def _preset_reads_it(self) -> ModelSection:
        if self.preset == "paper":
            idle = sorted(self.model_fields_set & {*_NOT_OF_THE_PAPER})
            if idle:
                raise ValueError(
                    f"{idle} do not apply under 'preset: paper', which trains one network with "
                    "Hill curves by its own loss. Leave them out"
                )
        return self

    @model_validator(mode="after")
    def _in_order(self) -> ModelSection:
        slopes = {"min_slope": self.min_slope, "max_slope": self.max_slope}
        own = {k: v for k, v in PRESETS[self.preset].items() if k in slopes}
        slopes |= own | {k: v for k, v in self.chosen.items() if k in slopes}
        if slopes["min_slope"] >= slopes["max_slope"]:
            raise ValueError(
                f"min_slope is {slopes['min_slope']}, not below max_slope {slopes['max_slope']}"
            )
        return self
