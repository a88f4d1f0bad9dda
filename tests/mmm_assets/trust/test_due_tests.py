from __future__ import annotations

from datetime import date

import pandas as pd

from mmm_assets.config.trust import TrustSection
from mmm_assets.trust.due_tests import carried, due

TRUST = TrustSection(weekly=("forecasts",), monthly=("placebo", "twin", "perturbation"))


def found(**weeks: str) -> pd.DataFrame:
    rows = [(pd.Timestamp(w), name, pd.Timestamp(w), w) for name, w in weeks.items()]
    return pd.DataFrame(rows, columns=["refresh_week", "test", "tested_week", "sentence"])


def test_two_monthly_tests_run_at_first_and_the_rest_in_the_next_refresh() -> None:
    assert due(TRUST, date(2026, 6, 1), found()) == ["forecasts", "placebo", "twin"]
    after = found(placebo="2026-06-01", twin="2026-06-01")
    assert due(TRUST, date(2026, 6, 8), after) == ["forecasts", "perturbation"]
    done = found(placebo="2026-06-01", twin="2026-06-01", perturbation="2026-06-08")
    assert due(TRUST, date(2026, 6, 15), done) == ["forecasts"]


def test_a_month_later_they_run_again() -> None:
    before = found(placebo="2026-06-01", twin="2026-06-01", perturbation="2026-06-08")
    assert due(TRUST, date(2026, 7, 6), before) == ["forecasts", "placebo", "twin"]


def test_the_month_is_that_of_the_test_not_of_the_refresh_that_carries_it() -> None:
    rows = found(placebo="2026-06-29", twin="2026-06-29").assign(
        tested_week=pd.Timestamp("2026-05-04")
    )
    assert "twin" in due(TRUST, date(2026, 6, 29), rows)


def test_what_is_not_due_is_shown_as_it_was_last_found() -> None:
    first = found(placebo="2026-06-01", shuffled_channel="2026-06-01", forecasts="2026-06-01")
    again = found(placebo="2026-06-08", shuffled_channel="2026-06-08")
    rows = carried(TRUST, ["forecasts", "twin"], pd.concat([first, again], ignore_index=True))
    assert dict(zip(rows["test"], rows["sentence"], strict=True)) == {
        "placebo": "2026-06-08",
        "shuffled_channel": "2026-06-08",
    }
    assert carried(TRUST, ["placebo", "twin", "perturbation"], again).empty
