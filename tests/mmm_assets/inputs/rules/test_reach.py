"""Reach and frequency that cannot be are refused before anything is trained."""

import pytest

from mmm_assets.config.errors import ConfigError
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel


@pytest.fixture
def reached(small_project):
    """The small project, whose television is given as reach and frequency."""
    media = small_project.media
    tv = media["channel"] == "tv"
    media["often"] = (1.5 + media.index % 5 / 4).where(tv)
    media.loc[7, "often"] = 0.98  # an estimate, which counts as one
    media["people"] = 20_000
    small_project.content["tables"]["media"] |= {"frequency": "often", "population": "people"}
    return small_project


def test_the_panel_holds_reach_frequency_and_population(reached, connection) -> None:
    last = max(reached.kpi["week"])
    config = reached.load(connection)
    assert not [o.message for o in run_checks(connection, config, last) if not o.passed]
    build_panel_tables(connection, config, last)
    panel = read_panel(connection, config, last)
    tv = panel.channels.index("tv")
    assert panel.by_frequency.tolist() == [name == "tv" for name in panel.channels]
    north = reached.media.query("channel == 'tv' and region == 'north'")
    often = north["often"].clip(lower=1).tolist()
    assert panel.frequency[0, :, tv].tolist() == pytest.approx(often)
    assert panel.exposure[0, :, tv].tolist() == north["impressions"].tolist()
    assert panel.population.tolist() == [20_000] * 3
    assert panel_fingerprint(panel) != panel_fingerprint(panel.as_contacts())


def test_what_cannot_be_is_refused_and_an_estimate_near_one_is_not(reached, connection) -> None:
    for row, column, value in ((4, "often", 0.4), (5, "often", None), (6, "people", 10)):
        reached.media.loc[row, column] = value
    config = reached.load(connection)
    outcomes = run_checks(connection, config, None)
    said = {
        o.rule.name: o.message for o in outcomes if o.rule.severity == "blocking" and not o.passed
    }
    assert set(said) == {
        "frequency_at_least_one", "frequency_where_reached", "reach_within_population"
    }  # fmt: skip
    assert "Found 1 rows: row 5 of media.csv" in said["frequency_at_least_one"]
    assert "frequency 0.4" in said["frequency_at_least_one"]
    assert "row 6 of media.csv (channel tv" in said["frequency_where_reached"]
    assert "population 10" in said["reach_within_population"]


def test_frequency_without_reach_is_no_configuration(small_project) -> None:
    media = small_project.content["tables"]["media"]
    media.pop("exposure")
    media["frequency"] = "often"
    with pytest.raises(ConfigError, match="there goes the column of reach"):
        small_project.write()
