"""A media table of campaigns: the panel is of their channels, the campaigns are read beside it."""

from __future__ import annotations

import pandas as pd
import pytest

from mmm_assets.config.errors import ConfigError
from mmm_assets.inputs.campaign_table import read_campaigns
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.data_fingerprint import data_fingerprint
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel


def with_campaigns(small_project) -> None:
    """Let half of television be one campaign, half another one in the second half of the weeks."""
    media = small_project.media
    tv = media["channel"] == "tv"
    first = media.assign(campaign=("always on " + media["channel"]).where(tv))
    middle = media["week"].sort_values().iloc[len(media) // 2]
    later = tv & (media["week"] >= middle)
    half = media[later].assign(campaign="spring")
    for column in ("spend", "impressions"):
        half[column] = media.loc[later, column] // 2
        first.loc[later, column] = media.loc[later, column] - half[column]
    small_project.media = pd.concat([first, half], ignore_index=True)
    small_project.content["tables"]["media"]["campaign"] = "campaign"


def test_channels_are_the_sum_of_their_campaigns(small_project, connection) -> None:
    last = max(small_project.kpi["week"])
    config = small_project.load(connection)
    build_panel_tables(connection, config, last)
    without = read_panel(connection, config, last)
    assert read_campaigns(connection, last, without) is None
    assert data_fingerprint(connection, config, without) == panel_fingerprint(without)

    with_campaigns(small_project)
    config = small_project.load(connection)
    assert not [o.message for o in run_checks(connection, config, last) if not o.passed]
    build_panel_tables(connection, config, last)
    panel = read_panel(connection, config, last)
    assert panel.exposure == pytest.approx(without.exposure)
    assert panel.spend == pytest.approx(without.spend)
    assert panel_fingerprint(panel)
    campaigns = read_campaigns(connection, last, panel)
    assert campaigns is not None
    assert campaigns.channel == ("tv", "tv") and campaigns.name == ("always on tv", "spring")
    tv = panel.channels.index("tv")
    assert campaigns.exposure.sum(axis=-1) == pytest.approx(panel.exposure[..., tv])
    assert campaigns.exposure[:, 0, 1].tolist() == [0, 0, 0]

    before = data_fingerprint(connection, config, panel)
    renamed = small_project.media["campaign"].replace("spring", "summer")
    small_project.media["campaign"] = renamed
    config = small_project.load(connection)
    build_panel_tables(connection, config, last)
    same = read_panel(connection, config, last)
    assert panel_fingerprint(same) == panel_fingerprint(panel)  # its channel is what it was
    assert data_fingerprint(connection, config, same) != before


def test_a_campaign_twice_in_a_week_is_refused_and_what_looks_like_a_mistake_is_told(
    small_project, connection
) -> None:
    with_campaigns(small_project)
    media = small_project.media
    again = media.tail(1)
    unseen = again.assign(campaign="leaflet", impressions=0)
    small_project.media = pd.concat([media, again, unseen], ignore_index=True)
    tv = small_project.media.index[small_project.media["campaign"] == "always on tv"]
    small_project.media.loc[tv[0], "campaign"] = None
    small_project.media.loc[tv[1], "campaign"] = "Always-on TV"
    config = small_project.load(connection)
    found = {o.rule.name: o.message for o in run_checks(connection, config, None) if not o.passed}
    assert set(found) == {
        "keys_unique", "campaigns_named", "campaigns_distinct", "campaigns_exposed",
    }  # fmt: skip
    assert "campaign spring" in found["keys_unique"]
    assert "channel tv" in found["campaigns_named"]
    assert "Always-on TV / always on tv" in found["campaigns_distinct"]
    assert "campaign leaflet" in found["campaigns_exposed"]


def test_a_wide_table_has_no_campaigns(small_project) -> None:
    media = small_project.content["tables"]["media"]
    media |= {"layout": "wide", "campaign": "campaign", "spend": {"tv": "spend"}}
    media["exposure"] = None
    media.pop("channel")
    with pytest.raises(ConfigError, match="a row for each campaign"):
        small_project.write()
