"""The page says which campaigns are better than their channel, where it can be told."""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.campaigns import views


def test_a_better_campaign_is_named(filled, example) -> None:
    case = example(regions=2, campaigns=("tv", "search"))
    connection = filled(case)
    (view,) = views(Refresh(connection, case.week))
    assert {choice.label for choice in view.choices} == {"tv", "search"}
    tv = next(choice for choice in view.choices if choice.label == "tv")
    assert tv.reading == (
        "tv ran 3 campaigns: for the same exposure as the channel, spring brings more, "
        "autumn brings less."
    )
    assert len(tv.traces[0]["x"]) == 3
    connection.execute("UPDATE mart.campaign_summary SET against_lower = 0.5, against_upper = 2")
    (view,) = views(Refresh(connection, case.week))
    assert "none is clearly better or worse than its channel" in view.reading


def test_without_campaigns_there_is_no_view(filled, example) -> None:
    case = example(regions=2)
    assert views(Refresh(filled(case), case.week)) == ()
