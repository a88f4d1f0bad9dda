"""Names from data stay text in Dagster's UI."""

from __future__ import annotations

import pandas as pd

from mmm_assets.orchestration import metadata

NASTY = "<img src=x onerror=alert(1)> | `a` [b](javascript:c)"


def test_markup_in_names_is_escaped_in_tables_and_bars() -> None:
    frame = pd.DataFrame({"channel": [NASTY], NASTY: [1.0]})
    for text in (metadata.table(frame).value, metadata.bars([NASTY], [1.0]).value):
        assert "<img" not in text
        assert "](javascript" not in text
        assert "`a`" not in text
        assert "onerror" in text  # shown, as text


def test_tables_are_cut_and_say_so() -> None:
    text = metadata.table(pd.DataFrame({"n": range(40)}), limit=5).value
    assert "35 more rows" in text
    assert text.count("\n|") == 6


def test_bars_bear_missing_and_zero_values() -> None:
    text = metadata.bars(["a", "b"], [float("nan"), 0.0]).value
    assert "–" in text
    assert "█" not in text


def test_a_missing_value_of_any_kind_is_a_dash() -> None:
    frame = pd.DataFrame({"a": pd.array([True, None], dtype="boolean"), "b": [None, 2.5]})
    assert metadata.table(frame).value.splitlines()[2:] == ["| yes | – |", "| – | 2.5 |"]
