"""Write the example's tables: ``python examples/every_kind/make_tables.py [FOLDER]``.

A maker of cereals in five states and provinces of the United States and Canada, in dollars, in
weeks from Sunday. What is true is written beside the tables, in ``truth.json``; nothing in the
product reads it.
"""

import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from mmm_assets.inputs.holiday_days import holiday_days
from mmm_model.calendar_weeks import EVENT, HOLIDAY, calendar_columns
from mmm_model.panel import Floats
from mmm_model.simulator import (
    ChannelSpec,
    DriveSpec,
    MediatorSpec,
    SimulationSpec,
    TreatmentSpec,
    simulate,
)
from mmm_model.simulator.campaigns import SimulatedCampaigns, split_campaigns
from mmm_model.simulator.simulation import Simulation

SEED = 11
PLACES = {
    "California": "US-CA", "Texas": "US-TX", "New York": "US-NY", "Ontario": "CA-ON",
    "Quebec": "CA-QC",
}  # fmt: skip
SPEC = SimulationSpec(
    channels=(
        ChannelSpec(
            "tv", spend_share=0.04, cost=0.012, kpi_share=0.06, bursts=True, decay=0.6, delay=1,
        ),
        ChannelSpec(
            "online_video", spend_share=0.02, cost=0.01, kpi_share=0.05, decay=0.3, slope=1.6,
            half_saturation=0.9, frequency=3.0,
        ),
        ChannelSpec("social", spend_share=0.025, cost=0.006, kpi_share=0.05, variation=0.5),
        ChannelSpec("search", spend_share=0.02, cost=0.4, kpi_share=0.06, follows_demand=0.4),
        ChannelSpec("newsletter", spend_share=0.004, cost=0.002, kpi_share=0.03, variation=0.7),
    ),
    drives=(DriveSpec("tv", "search", share=0.3),),
    regions=tuple(PLACES),
    weeks=112,
    first_week="2024-01-01",
    level=60_000.0,
    size_spread=0.5,
    value_per_kpi=4.2,
    noise=0.025,
    indicator=False,
    outage_share=0.0,
    missing_share=0.0,
    treatments=TreatmentSpec(
        lift=0.18, announced=0.6, elasticity=-1.6, regional=0.1, holidays={}
    ),
    mediators=(
        MediatorSpec("brand_searches", {"tv": 0.25, "online_video": 0.1}, kpi_share=0.12),
        MediatorSpec(
            "awareness", {"tv": 0.2, "online_video": 0.1}, kpi_share=0.08, decay=0.8, level=0.35,
            asked=400,
        ),
    ),
)  # fmt: skip
ORGANIC, WITH_CAMPAIGNS = "newsletter", "social"
FIRST_PACKS = {
    "tv": 0.03, "online_video": 0.06, "social": 0.08, "search": 0.04, "newsletter": 0.0,
}  # fmt: skip
"""Of the packs that a channel sells, those that are a household's first."""
FIRST_PACKS_ELSE = 0.02
CAMPAIGNS = ("always on", "spring launch", "recipes", "back to school", "winter warmers")
HOLIDAYS = {  # the week before, the day, the week after, over a usual week
    "Thanksgiving Day": (0.15, -0.10, -0.05),
    "Christmas Day": (0.20, -0.15, -0.10),
    "Canada Day": (0.05, 0.0, 0.0),
}
BACK_TO_SCHOOL = {"2024": ("08-12", "09-08"), "2025": ("08-11", "09-07")}
BACK_TO_SCHOOL_LIFT = 0.12
FAIR, FAIR_REGION, FAIR_LIFT = "state fair", "Texas", 0.10
FAIRS = (("2024-09-27", "2024-10-20"), ("2025-09-26", "2025-10-19"), ("2026-09-25", "2026-10-18"))
"""First and last days; the last of them is still to come, and plans know of it."""


def write_tables(folder: Path) -> None:
    """Write media, KPIs, mediators, controls, events and the truth into a folder."""
    simulation = simulate(SPEC, SEED)
    split = split_campaigns(simulation, WITH_CAMPAIGNS, len(CAMPAIGNS), spread=0.4, seed=SEED)
    weeks = simulation.week_index
    season = school_weeks(weeks)
    holidays = simulation.size[:, None] * holiday_lift(weeks)
    school = simulation.size[:, None] * BACK_TO_SCHOOL_LIFT * season
    fair = simulation.size[:, None] * FAIR_LIFT * fair_weeks(weeks)
    sales = split.panel.kpi + holidays + school + fair
    sunday = weeks - pd.Timedelta(days=1)
    _write(media(simulation, split, sunday), folder / "media.csv")
    worth = SPEC.value_per_kpi
    sold = simulation.contribution(simulation.exposure)
    first = sold * np.array([FIRST_PACKS[name] for name in simulation.channels])
    usual = FIRST_PACKS_ELSE * (sales - sold.sum(-1))
    new = np.random.default_rng(SEED).poisson(usual + first.sum(-1))
    kpi = _cells(sunday, sales=sales.round().astype(int), new_households=new)
    _write(kpi.assign(value_per_unit=worth), folder / "kpi.csv")
    _write(brand(simulation, sunday), folder / "brand.csv")
    values = simulation.treated.values
    controls = _cells(
        sunday,
        competitor_price=simulation.control[..., 0].round(4),
        shelf_price=values[..., 1].round(2),
        discount=values[..., 0],
        back_to_school=np.broadcast_to(season, sales.shape).round(4),
    )
    _write(controls, folder / "controls.csv")
    events = pd.DataFrame(FAIRS, columns=["from", "to"]).assign(event=FAIR, region=FAIR_REGION)
    _write(events, folder / "events.csv")
    done = simulation.treatment_effect.sum((0, 1))
    truth = {
        "channels": simulation.truth()["channels"],
        "campaigns": dict(zip(CAMPAIGNS, split.contribution.tolist(), strict=True)),
        "new_households": dict(
            zip(simulation.channels, first.sum((0, 1)).tolist(), strict=True)
        ),
        "created": {one.name: dict(one.created) for one in SPEC.mediators},
        "through_mediators": {
            name: float(simulation.through_mediators(name).sum()) for name in simulation.channels
        },
        "treatments": {
            "discount": float(done[0]), "shelf_price": float(done[1]),
            "back_to_school": float(school.sum()), "holidays": float(holidays.sum()),
            FAIR: float(fair.sum()),
        },
    }  # fmt: skip
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


def school_weeks(weeks: pd.DatetimeIndex) -> Floats:
    """``[W]`` share of a week's days that lie before school begins."""
    days = pd.DatetimeIndex([])
    for year, (first, last) in BACK_TO_SCHOOL.items():
        days = days.append(pd.date_range(f"{year}-{first}", f"{year}-{last}"))
    begins = weeks - pd.Timedelta(days=1)
    return np.array([days.isin(pd.date_range(day, periods=7)).sum() / 7.0 for day in begins])


def fair_weeks(weeks: pd.DatetimeIndex) -> Floats:
    """``[R, W]`` share of a week's days on which the fair is open."""
    days = pd.concat(
        [pd.DataFrame({"day": pd.date_range(first, last)}) for first, last in FAIRS]
    ).assign(region=FAIR_REGION, name=FAIR, kind=EVENT)
    _, columns = calendar_columns(days, tuple(PLACES), weeks, before=0, after=0, begins=-1)
    return columns[..., 0]


def holiday_lift(weeks: pd.DatetimeIndex) -> Floats:
    """``[R, W]`` what the holidays of each region's country do, over its usual week."""
    first, last = date(weeks[0].year - 1, 12, 1), date(weeks[-1].year + 1, 1, 31)
    days = pd.DataFrame(
        [
            {"region": region, "day": pd.Timestamp(day), "name": name, "kind": HOLIDAY}
            for region, place in PLACES.items()
            for day, name in holiday_days(place, first, last)
            if name in HOLIDAYS
        ]
    )
    found, columns = calendar_columns(days, tuple(PLACES), weeks, begins=-1)
    parts = ("before", "day", "after")
    lift = [HOLIDAYS[one.names[0]][parts.index(one.part)] for one in found]
    return np.asarray(columns @ np.array(lift))


def media(
    simulation: Simulation, split: SimulatedCampaigns, weeks: pd.DatetimeIndex
) -> pd.DataFrame:
    """A row for each region, week and channel, and for each campaign of the one that has some."""
    people = (simulation.size * 90).round().astype(int)
    spend, often = simulation.spend, simulation.frequency
    rows = []
    for c, channel in enumerate(simulation.channels):
        if channel == WITH_CAMPAIGNS:
            continue
        own = _cells(
            weeks,
            spend=spend[..., c].round(),
            exposure=simulation.exposure[..., c].round(),
            frequency=often[..., c].round(3),
        )
        rows.append(own.assign(channel=channel, campaign=None))
        if channel == ORGANIC:
            rows[-1]["spend"] = np.nan
    for g, name in enumerate(CAMPAIGNS):
        parts = split.campaigns
        own = _cells(
            weeks, spend=parts.spend[..., g].round(), exposure=parts.exposure[..., g].round()
        )
        own = own[own["exposure"] > 0]
        rows.append(own.assign(channel=WITH_CAMPAIGNS, campaign=name))
    table = pd.concat(rows, ignore_index=True)
    table["population"] = table["region"].map(dict(zip(PLACES, people, strict=True)))
    order = [
        "week",
        "region",
        "channel",
        "campaign",
        "spend",
        "exposure",
        "frequency",
        "population",
    ]
    return table[order].sort_values(order[:4], kind="stable")


def brand(simulation: Simulation, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """Brand searches of every week, and a survey of awareness with the number of people asked."""
    assert simulation.mediated is not None
    searches, awareness = np.moveaxis(simulation.mediated.recorded.value, -1, 0)
    survey = SPEC.mediators[1]
    table = _cells(weeks, brand_searches=searches.round(), awareness=awareness.round(4))
    asked = table["awareness"].notna()
    return table.assign(people_asked=asked.map({True: survey.asked}).astype("Int64"))


def _cells(weeks: pd.DatetimeIndex, **columns: Floats) -> pd.DataFrame:
    """A row for each region and week of columns ``[R, W]``."""
    regions = len(PLACES)
    index = {
        "week": np.tile(weeks.to_numpy(), regions),
        "region": np.repeat(list(PLACES), len(weeks)),
    }
    return pd.DataFrame(index | {name: own.ravel() for name, own in columns.items()})


def _write(table: pd.DataFrame, file: Path) -> None:
    table.to_csv(file, index=False, lineterminator="\n", date_format="%Y-%m-%d")


if __name__ == "__main__":
    write_tables(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
