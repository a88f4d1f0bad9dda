"""What media create and nobody buys: from the table to the panel, and what is refused."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from mmm_assets.config.errors import ConfigError
from mmm_assets.inputs.arrival import newest_complete_week
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel

MEDIATORS = {
    "source": "brand.csv", "week": "week", "region": "region",
    "columns": ["brand_searches", "awareness"], "asked": {"awareness": "people"},
}  # fmt: skip


@pytest.fixture
def brand(small_project) -> pd.DataFrame:
    """Searches of every week, and a survey of every fourth, in percent."""
    rows = small_project.kpi[["week", "region"]].copy()
    number = rows.groupby("region").cumcount()
    rows["brand_searches"] = 100 + number
    rows["awareness"] = np.where(number % 4 == 0, 30 + number / 10, np.nan)
    rows["people"] = np.where(number % 4 == 0, 400, np.nan)
    small_project.content["tables"]["mediators"] = dict(MEDIATORS)
    return rows


def delivered(small_project, rows: pd.DataFrame, connection):
    rows.to_csv(small_project.folder / "brand.csv", index=False)
    return small_project.load(connection)


def broken(config, connection) -> dict[str, str]:
    outcomes = run_checks(connection, config, None, roles=["mediators"])
    return {o.rule.name: o.message for o in outcomes if not o.passed}


def test_the_panel_knows_what_was_counted_and_asked(small_project, brand, connection) -> None:
    last = date.fromisoformat(max(small_project.kpi["week"]))
    config = delivered(small_project, brand, connection)
    assert not broken(config, connection)
    build_panel_tables(connection, config, last)
    panel = read_panel(connection, config, last)
    known = panel.mediators
    assert known.names == ("brand_searches", "awareness")
    assert [one.is_survey for one in known.nodes] == [False, True]
    assert known.nodes[0].drivers == ("tv",)  # search ads answer searches
    assert known.nodes[1].drivers is None
    np.testing.assert_array_equal(known.value[0, :5, 0], [100, 101, 102, 103, 104])
    np.testing.assert_array_equal(np.isnan(known.value[0, :5, 1]), [False, True, True, True, False])
    assert known.value[0, 4, 1] == pytest.approx(0.304)
    assert known.error[0, 4, 1] == pytest.approx(np.sqrt(0.304 * 0.696 / 400), rel=0.01)
    assert panel_fingerprint(panel) != panel_fingerprint(panel.with_controls(()))
    assert not known.error[..., 0].any()


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("people", 0.0, "surveys_say_how_many"),
        ("people", np.nan, "surveys_say_how_many"),
        ("awareness", 130.0, "surveys_are_shares"),
        ("awareness", -1.0, "surveys_are_shares"),
        ("brand_searches", -5.0, "counts_not_negative"),
    ],
)
def test_a_wrong_cell_is_refused(
    small_project, brand, connection, column: str, value: float, rule: str
) -> None:
    brand[column] = brand[column].astype(float)
    brand.loc[4, column] = value
    found = broken(delivered(small_project, brand, connection), connection)
    assert list(found) == [rule]
    assert "row 5 of brand.csv" in found[rule]


def test_a_name_is_of_one_table_and_a_driver_is_a_channel(small_project, brand, connection) -> None:
    small_project.content["tables"]["mediators"] |= {
        "columns": {"TV": "brand_searches", "price": "awareness"},
        "asked": {"price": "people"},
        "drivers": {"price": ["cinema"]},
    }
    found = broken(delivered(small_project, brand, connection), connection)
    assert set(found) == {"mediators_are_nothing_else", "drivers_are_channels"}
    assert "cinema" in found["drivers_are_channels"]


def test_few_waves_are_left_out_with_a_warning(small_project, brand, connection) -> None:
    brand.loc[brand.groupby("region").cumcount() >= 20, "awareness"] = np.nan
    config = delivered(small_project, brand, connection)
    assert list(broken(config, connection)) == ["mediators_have_weeks"]
    last = date.fromisoformat(max(small_project.kpi["week"]))
    build_panel_tables(connection, config, last)
    assert read_panel(connection, config, last).mediators.names == ("brand_searches",)


def test_the_configuration_names_what_it_has(small_project, brand, connection) -> None:
    for wrong in ({"asked": {"visits": "n"}}, {"asked": "people"}, {"layout": "long"},
                  {"region": None}):  # fmt: skip
        small_project.content["tables"]["mediators"] = MEDIATORS | wrong
        with pytest.raises(ConfigError, match="tables"):
            small_project.load(connection)


def test_without_the_table_the_fingerprint_is_as_it_was(small_project, connection) -> None:
    config = small_project.load(connection)
    assert "mediators" not in config.model_dump(mode="json")["tables"]


def test_no_refresh_waits_for_a_wave(small_project, brand, connection) -> None:
    delivered(small_project, brand[brand["week"] < brand["week"].max()], connection)
    newest = newest_complete_week(small_project.load(connection))
    assert str(newest) == max(small_project.kpi["week"])
