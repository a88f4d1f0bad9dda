from __future__ import annotations

import pandas as pd

from mmm_assets.config.trust import TrustSection
from mmm_assets.trust.limits import channels_that_matter, with_limits
from mmm_model.trust.verdicts import Found, table


def test_a_limit_holds_channels_that_matter_and_no_other() -> None:
    trust = TrustSection(at_most={"twin.known_to": 0.5}, at_least={"placebo.beats": 0.9})
    rows = table(
        [
            Found("twin", "known_to", 0.8, "tv"),
            Found("twin", "known_to", 0.8, "tiny"),
            Found("twin", "known_to", 0.4, "radio"),
            Found("placebo", "beats", 0.7, "radio"),
            Found("placebo", "return", 0.7, "radio"),
        ]
    )
    found = with_limits(rows, trust, ["tv", "radio"])
    assert found["holds"].tolist() == [True, False, False, True, False]
    assert found["hold_limit"].tolist()[0] == 0.5
    assert found["hold_limit"].isna().tolist() == [False, True, False, False, True]


def test_where_all_are_measured_together_single_channels_hold_nothing() -> None:
    trust = TrustSection(at_most={"refresh_stability.mean_change": 0.15})
    rows = table(
        [
            Found("refresh_stability", "mean_change", 0.9, "tv"),
            Found("refresh_stability", "mean_change", 0.1),
        ]
    )
    assert not with_limits(rows, trust, ["tv"])["holds"].any()


def test_what_was_not_measured_holds_nothing() -> None:
    trust = TrustSection(at_least={"twin.order": 0.7})
    rows = table([Found("twin", "order", float("nan"))])
    assert not with_limits(rows, trust, [])["holds"].any()
    assert with_limits(table([]), trust, []).empty


def test_a_channel_matters_from_a_fiftieth_of_what_media_bring() -> None:
    summary = pd.DataFrame({"channel": ["tv", "tiny"], "direct": [99.0, 1.0]})
    assert channels_that_matter(summary) == ["tv"]
