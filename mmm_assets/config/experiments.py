"""The section ``experiments`` of the configuration: which tests are thought of, how they age."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue

from mmm_assets.config.tables import Section
from mmm_model.experiment.kinds import KINDS

Weeks = Annotated[int, Field(ge=2, le=52)]


def _known(name: str) -> str:
    if name not in KINDS:
        meanings = "; ".join(f"{kind.name}: {kind.said}" for kind in KINDS.values())
        raise ValueError(f"allowed are {meanings}")
    return name


_names: list[JsonValue] = [*KINDS]
KindName: Any = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": _names})]


class ExperimentsSection(Section):
    """Tests that are proposed, and how long their results count."""

    kinds: tuple[KindName, ...] = Field(
        default=tuple(KINDS), description="kinds of tests that can be made"
    )
    weeks: tuple[Weeks, ...] = Field(
        default=(4, 8, 12), min_length=1, description="lengths of tests that are tried"
    )
    use_weeks: int = Field(
        default=52, ge=1, le=520, description="weeks in which a better budget pays for a test"
    )
    half_life: float | None = Field(
        default=None,
        gt=0,
        le=1040,
        description="weeks after which a lift test counts half as much as a new one; null: it does "
        "not age",
    )
