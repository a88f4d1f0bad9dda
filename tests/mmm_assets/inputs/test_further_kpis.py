"""KPIs beside the main one, from the table to the panel, and what is refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from mmm_assets.config.errors import ConfigError
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.data_fingerprint import data_fingerprint
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_further, read_panel


@pytest.fixture
def two(small_project):
    """The small project with customers and leads, of which there are few."""
    random = np.random.default_rng(4)
    kpi = small_project.kpi
    kpi["customers"] = random.poisson(20, len(kpi))
    kpi["leads"] = random.poisson(3, len(kpi))
    kpi["worth"] = 80.0
    small_project.content["tables"]["kpi"]["more"] = {
        "customers": {"value_per_kpi": "worth"}, "sales leads": {"kpi": "leads"},
    }  # fmt: skip
    return small_project


def broken(config, connection, through=None) -> dict[str, str]:
    outcomes = run_checks(connection, config, through)
    return {f"{o.rule.table}.{o.rule.name}": o.message for o in outcomes if not o.passed}


def test_further_kpis_lie_on_the_panel_of_the_main_one(two, connection) -> None:
    last = date.fromisoformat(max(two.kpi["week"]))
    two.kpi.loc[5, "customers"] = None
    config = two.load(connection)
    assert not broken(config, connection)
    build_panel_tables(connection, config, last)
    panel = read_panel(connection, config, last)
    further = read_further(connection, config, last, panel)
    assert list(further) == ["customers", "sales leads"]
    customers, leads = further.values()
    north = two.kpi.query("region == 'north'")
    assert customers.observed[0].tolist() == [week != 5 for week in range(40)]
    assert customers.kpi[0, 6:].tolist() == north["customers"].tolist()[6:]
    assert (customers.value_per_kpi == 80).all() and np.isnan(leads.value_per_kpi).all()
    assert leads.observed.all()  # none in a week is a value of what is counted in threes
    assert (leads.exposure == panel.exposure).all()

    with_them = data_fingerprint(connection, config, panel)
    del two.content["tables"]["kpi"]["more"]
    config = two.load(connection)
    build_panel_tables(connection, config, last)
    alone = read_panel(connection, config, last)
    assert panel_fingerprint(alone) == panel_fingerprint(panel)
    assert data_fingerprint(connection, config, alone) == panel_fingerprint(alone) != with_them


def test_what_is_no_further_kpi_is_refused_with_its_name(two, connection) -> None:
    two.kpi["customers"] = two.kpi["sales"] * 2
    two.kpi["leads"] = 0
    two.kpi.loc[3, "worth"] = -1.0
    said = broken(two.load(connection), connection)
    assert set(said) == {
        "further_kpis.is_another_kpi", "further_kpis.varies", "further_kpis.value_positive"
    }  # fmt: skip
    assert "customers" in said["further_kpis.is_another_kpi"]
    assert "sales leads" in said["further_kpis.varies"]
    assert "row 4 of kpi.csv" in said["further_kpis.value_positive"]


def test_a_further_kpi_that_is_late_is_told_and_one_of_words_is_refused(two, connection) -> None:
    last = max(two.kpi["week"])
    two.kpi["customers"] = two.kpi["customers"].astype(float)
    two.kpi.loc[two.kpi["week"] == last, "customers"] = None
    two.kpi["leads"] = two.kpi["leads"].astype(object)
    two.kpi.loc[7, "leads"] = "many"
    said = broken(two.load(connection), connection, date.fromisoformat(last))
    assert set(said) == {"further_kpis.reaches_refresh_week", "further_kpis.numbers_readable"}
    assert "row 8 of kpi.csv" in said["further_kpis.numbers_readable"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"units": {"kpi": "sales"}}, "the column 'sales' of the main KPI"),
        ({"sales": {}}, "the column 'sales' of the main KPI"),
        ({"a": {"kpi": "leads"}, "b": {"kpi": "leads"}}, "of 'more.a'"),
        ({"KPI": {"kpi": "leads"}}, "which is 'kpi_name'"),
        ({"leads": {"value_per_kpi": -1}}, "above 0"),
    ],
)
def test_a_name_or_column_twice_is_no_configuration(two, more, said) -> None:
    two.content["tables"]["kpi"]["more"] = more
    with pytest.raises(ConfigError, match=said):
        two.write()


def test_a_project_with_one_kpi_has_the_fingerprint_that_it_had(small_project) -> None:
    assert "more" not in small_project.write().tables.kpi.model_dump()
