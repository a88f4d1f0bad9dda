"""The section ``tables.mediators``: what media create and nobody buys."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from mmm_assets.config.source import Cells, Given, Name, WeeklySource, named_columns


class MediatorsTable(WeeklySource):
    """Brand searches, site visits, awareness. Wide: one column each. Long: one row each."""

    layout: Literal["wide", "long"] = Field(
        default="wide", description="wide: one column each; long: one row each"
    )
    columns: list[Name] | dict[Name, Name] | None = Field(
        default=None, description="wide: columns, or mediator → column"
    )
    mediator: Name | None = Field(default=None, description="long: column of their names")
    value: Name | None = Field(default=None, description="long: column of their values")
    asked: Name | dict[Name, Name] | None = Field(
        default=None,
        description="people asked in a week, of a survey, whose value is a share of them: "
        "long: column; wide: mediator → column",
    )
    drivers: dict[Name, tuple[Name, ...]] = Field(
        default={},
        description="mediator → channels that may create it; default: all, of searches all but "
        "search ads",
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, serialised: SerializerFunctionWrapHandler) -> Any:
        return {key: value for key, value in serialised(self).items() if value not in (None, {})}

    @model_validator(mode="after")
    def _fits_layout(self) -> MediatorsTable:
        wide, long = self.columns is not None, self.mediator is not None and self.value is not None
        if self.layout == "wide" and (not wide or self.mediator or self.value):
            raise ValueError("layout 'wide' needs 'columns', and neither 'mediator' nor 'value'")
        if self.layout == "long" and (not long or wide):
            raise ValueError("layout 'long' needs 'mediator' and 'value', and no 'columns'")
        if self.asked is not None and isinstance(self.asked, str) != (self.layout == "long"):
            wanted = "a column's name" if self.layout == "long" else "mediator → column"
            raise ValueError(f"'asked' must be {wanted}, because layout is '{self.layout}'")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> MediatorsTable:
        if self.layout == "wide":
            asked = self.asked if isinstance(self.asked, dict) else {}
            for key, names in (("asked", asked), ("drivers", self.drivers)):
                if unknown := sorted(set(names) - set(self.named)):
                    raise ValueError(
                        f"'{key}' names {unknown}; the mediators are {sorted(self.named)}"
                    )
        return self

    @property
    def named(self) -> dict[str, str]:
        """Wide layout: mediator → column."""
        return named_columns(self.columns)

    @property
    def surveys(self) -> list[str]:
        """Wide layout: mediators that are surveys."""
        return list(self.asked) if isinstance(self.asked, dict) else []

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        if self.layout == "wide":
            return super().cells
        asked = self.asked if isinstance(self.asked, str) else None
        return super().cells | {"mediator": self.mediator, "value": self.value, "asked": asked}

    @property
    def unpivoted(self) -> list[Cells]:
        """A raw row for each mediator of a wide table."""
        asked = self.asked if isinstance(self.asked, dict) else {}
        return [
            {"mediator": Given(name), "value": column, "asked": asked.get(name)}
            for name, column in self.named.items()
        ]
