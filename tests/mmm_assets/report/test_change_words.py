"""Why a number changed, as a person reads it."""

from __future__ import annotations

import pandas as pd
import pytest

from mmm_assets.report.change_words import change_sentence, restated_months


def part(**ends: tuple[float, float]) -> pd.DataFrame:
    rows = [("TV", "roi", cause.replace("_", " "), *both) for cause, both in ends.items()]
    return pd.DataFrame(rows, columns=["channel", "quantity", "cause", "from_value", "to_value"])


def test_each_cause_is_told_by_size_and_direction() -> None:
    found = part(new_weeks=(2.1, 1.7), code_version=(1.7, 1.8))
    assert change_sentence(found) == (
        "TV's ROI fell from 2.1 to 1.8: 0.4 through new weeks and 0.1 the other way through the "
        "new version of the platform."
    )
    alone = part(new_weeks=(1.0, 1.5))
    assert change_sentence(alone) == "TV's ROI rose from 1 to 1.5, all of it through new weeks."


@pytest.mark.parametrize(
    ("last", "said"),
    [("2026-03-30", "March 2026 was restated"), ("2026-04-06", "Mar 2026 to 6")],
)
def test_what_was_restated_is_named_by_its_weeks(last: str, said: str) -> None:
    weeks = pd.DataFrame({"first": [pd.Timestamp("2026-03-02")], "last": [pd.Timestamp(last)]})
    restated = restated_months(weeks)
    assert said in restated.replace("\u00a0", " ")
    found = part(new_weeks=(2.1, 2.0)).assign(cause="restated, withdrawn or late rows")
    assert f"because {restated}" in change_sentence(found, restated)
