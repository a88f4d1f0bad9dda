"""The section ``tables`` of the configuration: where the tables are, what their columns mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mmm_assets.config.mediators import MediatorsTable
from mmm_assets.config.source import (
    NATIONAL,
    AssetKey,
    Cells,
    Given,
    Name,
    Section,
    Source,
    WeeklySource,
    named_columns,
)

__all__ = [
    "ASIDE",
    "MAKERS",
    "NATIONAL",
    "AssetKey",
    "Cells",
    "Given",
    "Name",
    "Section",
    "Source",
    "Tables",
    "WeeklySource",
]


class MediaTable(WeeklySource):
    """Spend and exposure. Wide: one column a channel. Long: one row a channel."""

    layout: Literal["wide", "long"] = Field(
        default="wide", description="wide: one column each; long: one row each"
    )
    channel: Name | None = Field(default=None, description="long: column of channels")
    spend: Name | dict[Name, Name] | None = Field(
        default=None, description="long: column; wide: channel → column"
    )
    exposure: Name | dict[Name, Name] | None = Field(
        default=None, description="long: column; wide: channel → column"
    )
    frequency: Name | dict[Name, Name] | None = Field(
        default=None,
        description="contacts per person reached, of channels whose exposure is reach: "
        "long: column; wide: channel → column",
    )
    campaign: Name | None = Field(
        default=None,
        description="long: column of campaigns, a row each; their channel is their sum",
    )
    population: Name | None = Field(
        default=None, description="column of the people in the region, whom reach cannot exceed"
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, serialised: SerializerFunctionWrapHandler) -> Any:
        # A project without these has the fingerprint that it always had.
        written = serialised(self)
        for key in ("frequency", "campaign", "population"):
            if written.get(key) is None:
                written.pop(key, None)
        return written

    @model_validator(mode="after")
    def _fits_layout(self) -> MediaTable:
        if not self.spend and not self.exposure:
            raise ValueError("give 'spend' or 'exposure' or both")
        long = self.layout == "long"
        for key in ("spend", "exposure", "frequency"):
            value = getattr(self, key)
            if value is not None and isinstance(value, str) != long:
                wanted = "a column's name" if long else "a mapping of channel to column"
                raise ValueError(f"'{key}' must be {wanted}, because layout is '{self.layout}'")
        if long != (self.channel is not None):
            raise ValueError("'channel' belongs to layout 'long', and only there")
        if self.campaign and not long:
            raise ValueError("'campaign' belongs to layout 'long': a row for each campaign")
        return self

    @model_validator(mode="after")
    def _frequency_is_of_reach(self) -> MediaTable:
        if isinstance(self.frequency, dict):
            reached = self.exposure if isinstance(self.exposure, dict) else {}
            alone = sorted(set(self.frequency) - set(reached))
        else:
            alone = ["every channel"] if self.frequency and not self.exposure else []
        if alone:
            raise ValueError(
                f"'frequency' of {', '.join(alone)} is given without 'exposure': there goes the "
                "column of reach"
            )
        if self.population and not self.frequency:
            raise ValueError("'population' bounds reach; give 'frequency', too, or leave it out")
        return self

    @property
    def columns(self) -> dict[str, tuple[str | None, str | None]]:
        """Wide layout: channel → (column of spend, column of exposure)."""
        spend = self.spend if isinstance(self.spend, dict) else {}
        exposure = self.exposure if isinstance(self.exposure, dict) else {}
        return {name: (spend.get(name), exposure.get(name)) for name in {**spend, **exposure}}

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        if self.layout == "wide":
            return super().cells
        own: Cells = {"channel": self.channel, "campaign": self.campaign}
        own |= {key: getattr(self, key) for key in ("spend", "exposure", "frequency", "population")}
        return super().cells | own

    @property
    def unpivoted(self) -> list[Cells]:
        """A raw row for each channel of a wide table."""
        frequency = self.frequency if isinstance(self.frequency, dict) else {}
        return [
            {
                "channel": Given(name),
                "campaign": None,
                "spend": spend,
                "exposure": exposure,
                "frequency": frequency.get(name),
                "population": self.population,
            }
            for name, (spend, exposure) in self.columns.items()
        ]


def _positive(value: str | float | None) -> str | float | None:
    if isinstance(value, float) and value <= 0:
        raise ValueError("allowed are a column's name or a number above 0")
    return value


Worth = Annotated[Name | float | None, AfterValidator(_positive)]
"""Money per unit of a KPI: a column, a number, or unknown."""


class FurtherKpiSection(Section):
    """A KPI beside the main one: a column of the same table."""

    kpi: Name | None = Field(default=None, description="column of this KPI; null: its name")
    value_per_kpi: Worth = Field(
        default=None, description="money per unit of it: a column or a number; null: no ROI"
    )


class KpiTable(WeeklySource):
    """The KPI of the business, and the worth of one unit of it."""

    kpi: Name = Field(description="column of the KPI")
    value_per_kpi: Worth = Field(
        default=None, description="money per unit of KPI: a column or a number; null: no ROI"
    )
    more: dict[Name, FurtherKpiSection] = Field(
        default={},
        description="further KPIs of the same rows, each with a name, a column and a value: "
        "{new_customers: {value_per_kpi: 80}}",
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, serialised: SerializerFunctionWrapHandler) -> Any:
        # A project with one KPI has the fingerprint that it always had.
        written = serialised(self)
        if not written.get("more"):
            written.pop("more", None)
        return written

    @model_validator(mode="after")
    def _columns_differ(self) -> KpiTable:
        seen = {self.kpi: "the main KPI"}
        for name, own in self.more.items():
            column = own.kpi or name
            if column in seen:
                raise ValueError(f"'more.{name}' has the column '{column}' of {seen[column]}")
            seen[column] = f"'more.{name}'"
        return self

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        worth = _worth(self.value_per_kpi, self.decimal)
        return super().cells | {"kpi": self.kpi, "value_per_kpi": worth}


class FurtherKpisTable(WeeklySource):
    """The further KPIs as a table of their own, a row each: the same rows of the same source."""

    kpis: dict[Name, FurtherKpiSection] = Field(description="name → its column and value")

    @property
    def unpivoted(self) -> list[Cells]:
        """A raw row for each KPI."""
        return [
            {
                "kpi": Given(name),
                "value": own.kpi or name,
                "value_per_kpi": _worth(own.value_per_kpi, self.decimal),
            }
            for name, own in self.kpis.items()
        ]


def _worth(value: str | float | None, decimal: str) -> str | Given | None:
    """Cell of the worth of a unit: its column, or the number as the table would write it."""
    if isinstance(value, float):
        return Given(repr(value).replace(".", decimal))
    return value


Kind = Literal["promotion", "price", "event"]
"""What a control can be, of `mmm_model.equation.treatment.KINDS`."""


class TreatmentSection(Section):
    """A control whose effect is measured against a level of its own."""

    kind: Kind = Field(
        description="promotion: depth of a discount, as a share or in percent; price: of a unit; "
        "event: 1 while it lasts, such as school holidays"
    )
    reference: float | None = Field(
        default=None,
        description="level that it is measured against; null: no promotion, no event, or the "
        "region's usual price",
    )
    sign: Literal["expected", "free"] = Field(
        default="expected",
        description="expected: promotions take no sales away, higher prices bring none; free: "
        "what the data say, for a KPI in money, say; of events always free",
    )


class ControlsTable(WeeklySource):
    """Other causes of the KPI. Wide: one column a control. Long: one row a control."""

    layout: Literal["wide", "long"] = Field(
        default="wide", description="wide: one column each; long: one row each"
    )
    columns: list[Name] | dict[Name, Name] | None = Field(
        default=None,
        description="wide: columns, or control → column; words become 0/1 controls",
    )
    control: Name | None = Field(default=None, description="long: column of the controls' names")
    value: Name | None = Field(default=None, description="long: column of their values")
    kinds: dict[Name, Kind | TreatmentSection] = Field(
        default={},
        description="controls with an effect of their own: {price: price, discount: promotion}",
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, serialised: SerializerFunctionWrapHandler) -> Any:
        # A project without treatments has the fingerprint that it always had.
        written = serialised(self)
        if not written.get("kinds"):
            written.pop("kinds", None)
        return written

    @model_validator(mode="after")
    def _fits_layout(self) -> ControlsTable:
        wide, long = self.columns is not None, self.control is not None and self.value is not None
        if self.layout == "wide" and (not wide or self.control or self.value):
            raise ValueError("layout 'wide' needs 'columns', and neither 'control' nor 'value'")
        if self.layout == "long" and (not long or wide):
            raise ValueError("layout 'long' needs 'control' and 'value', and no 'columns'")
        if self.layout == "wide" and (unknown := sorted(set(self.kinds) - set(self.named))):
            raise ValueError(f"'kinds' names {unknown}; the controls are {sorted(self.named)}")
        return self

    @property
    def treatments(self) -> dict[str, TreatmentSection]:
        """Control → what its kind is, where it has one."""
        return {
            name: kind if isinstance(kind, TreatmentSection) else TreatmentSection(kind=kind)
            for name, kind in self.kinds.items()
        }

    @property
    def named(self) -> dict[str, str]:
        """Wide layout: control → column."""
        return named_columns(self.columns)

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        if self.layout == "wide":
            return super().cells
        return super().cells | {"control": self.control, "value": self.value}

    @property
    def unpivoted(self) -> list[Cells]:
        """A raw row for each control of a wide table."""
        return [{"control": Given(name), "value": column} for name, column in self.named.items()]


class LiftTestsTable(Source):
    """Experiments, a row each: a change of spend and what it did to the KPI, a week.

    With ``start_week`` and ``end_week`` the media table holds what was spent in these weeks, and
    ``delta_x`` of it would not have been; without, spend had been ``x`` and rose for good.
    """

    channel: Name = Field(default="channel", description="channel whose spend was changed")
    region: Name | None = Field(
        default=None, description="where, several joined by |; null: everywhere"
    )
    x: Name | None = Field(default="x", description="weekly spend before, for tests without weeks")
    delta_x: Name = Field(default="delta_x", description="change of weekly spend")
    delta_y: Name = Field(default="delta_y", description="KPI gained a week")
    sigma: Name = Field(default="sigma", description="standard error of delta_y")
    start_week: Name | None = Field(default=None, description="first week of the test")
    end_week: Name | None = Field(default=None, description="last week of the test")
    unit: Literal["spend", "exposure"] = Field(default="spend", description="of x and delta_x")

    @model_validator(mode="after")
    def _both_weeks(self) -> LiftTestsTable:
        if (self.start_week is None) != (self.end_week is None):
            raise ValueError("'start_week' and 'end_week' go together")
        return self

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        no_columns = {*Source.model_fields, "unit"}
        own = [name for name in LiftTestsTable.model_fields if name not in no_columns]
        return {name: getattr(self, name) for name in own}


class Tables(Section):
    """The two tables that are needed and those that are optional."""

    media: MediaTable = Field(description="spend and exposure, by week, region and channel")
    kpi: KpiTable = Field(description="what the business wants, by week and region")
    controls: ControlsTable | None = Field(default=None, description="what else moves the KPI")
    lift_tests: LiftTestsTable | None = Field(default=None, description="results of experiments")
    mediators: MediatorsTable | None = Field(
        default=None, description="what media create and nobody buys: searches, visits, awareness"
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, serialised: SerializerFunctionWrapHandler) -> Any:
        # A project without mediators has the fingerprint that it always had.
        written = serialised(self)
        if written.get("mediators") is None:
            written.pop("mediators", None)
        return written

    @model_validator(mode="after")
    def _same_regions(self) -> Tables:
        if (self.media.region is None) != (self.kpi.region is None):
            raise ValueError(
                "'media' and 'kpi' must both have a 'region' or both be national; "
                "'sql' can sum a regional table"
            )
        if self.controls and self.controls.region and not self.kpi.region:
            raise ValueError("'controls' has a 'region' and 'kpi' has none")
        if self.mediators and (self.mediators.region is None) != (self.kpi.region is None):
            raise ValueError(
                "'mediators' and 'kpi' must both have a 'region' or both be national: what is "
                "known of a whole country cannot be told apart by region"
            )
        return self

    @property
    def further_kpis(self) -> FurtherKpisTable | None:
        """The KPIs beside the main one; None where there are none."""
        if not self.kpi.more:
            return None
        same = {name: getattr(self.kpi, name) for name in WeeklySource.model_fields}
        return FurtherKpisTable(**same, kpis=self.kpi.more)


MAKER = {"upstream"}
"""What of a table says nothing of what is in it, as `model_dump` leaves it out."""
MAKERS: dict[str, Any] = {
    "tables": dict.fromkeys(Tables.model_fields, MAKER),
    "calendar": {"events": MAKER},
}
"""The same of all tables of a configuration."""
ASIDE = {*MAKER, "kinds", "more"}
"""What of a table says nothing of how its rows are read."""
