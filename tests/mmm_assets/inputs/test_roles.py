"""Roles and the sections of the configuration speak of the same tables and columns."""

from __future__ import annotations

import pandas as pd
import pytest

from mmm_assets.config.calendar import EventsTable
from mmm_assets.config.mediators import MediatorsTable
from mmm_assets.config.tables import (
    ControlsTable,
    FurtherKpisTable,
    KpiTable,
    LiftTestsTable,
    MediaTable,
    Source,
    Tables,
)
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.roles import ROLES, WEEKLY

WIDE = {"source": "a.csv", "week": "w"}
LONG = {**WIDE, "layout": "long"}


def test_every_table_of_the_configuration_has_a_role() -> None:
    # Events lie under the calendar, further KPIs in the KPI's own table.
    assert set(ROLES) == {*Tables.model_fields, "events", "further_kpis"}


@pytest.mark.parametrize(
    ("role", "section"),
    [
        ("media", MediaTable(**WIDE, spend={"tv": "a"}, exposure={"ooh": "b"})),
        ("media", MediaTable(**LONG, channel="c", spend="s")),
        ("kpi", KpiTable(**WIDE, kpi="sales")),
        ("further_kpis", FurtherKpisTable(**WIDE, kpis={"leads": {}, "b": {"kpi": "c"}})),
        ("controls", ControlsTable(**WIDE, columns=["price"])),
        ("controls", ControlsTable(**LONG, control="c", value="v")),
        ("lift_tests", LiftTestsTable(source="a.csv")),
        ("events", EventsTable(source="a.csv", day="d", name="n")),
        ("mediators", MediatorsTable(**WIDE, columns=["visits", "known"], asked={"known": "n"})),
        ("mediators", MediatorsTable(**LONG, mediator="m", value="v")),
    ],
)
def test_a_section_fills_the_columns_of_its_role(role: str, section: Source) -> None:
    for cells in section.unpivoted or [{}]:
        assert {**section.cells, **cells}.keys() == set(ROLES[role].columns)


def test_what_is_known_has_the_columns_of_the_role(small_project, connection) -> None:
    lift = {"channel": ["tv"], "x": [40], "delta_x": [9], "delta_y": [8], "sigma": [1]}
    pd.DataFrame(lift).to_csv(small_project.folder / "lift.csv", index=False)
    small_project.content["tables"]["lift_tests"] = {"source": "lift.csv"}
    (small_project.folder / "events.csv").write_text("day,name\n2023-01-02,fair\n")
    small_project.content["calendar"] = {
        "events": {"source": "events.csv", "day": "day", "name": "name"}
    }
    small_project.kpi.assign(visits=7).to_csv(small_project.folder / "site.csv", index=False)
    small_project.content["tables"]["mediators"] = {
        "source": "site.csv", "week": "week", "region": "region", "columns": ["visits"],
    }  # fmt: skip
    small_project.content["tables"]["kpi"]["more"] = {"worth": {"kpi": "value"}}
    config = small_project.load(connection)
    for name, role in ROLES.items():
        create_known(connection, config, name)
        known = connection.execute(f"FROM known_{name}").df()
        assert {*role.names, *role.numbers, *role.texts, *role.key} <= set(known.columns)
        assert len(known)
        assert known["week"].notna().all() == (name in WEEKLY)
