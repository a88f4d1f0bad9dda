"""The page says which channels follow others and get no budget of their own."""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.budget_moves import views


def test_a_channel_that_follows_is_told_in_words(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    first, second = case.channels[:2]
    assert "moves with theirs" not in views(Refresh(connection, case.week))[0].note
    connection.execute(
        "UPDATE mart.optimal_budgets SET binding = $said WHERE channel = $second",
        {"said": f"follows {first}", "second": second},
    )
    note = views(Refresh(connection, case.week))[0].note
    assert f"{second} follows {first}: what they spend brings people to it" in note
