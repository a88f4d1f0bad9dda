"""Names from data stay text, whoever reads them."""

from __future__ import annotations

import pandas as pd

from mmm_assets.planning.words import without_formulas


def test_no_cell_is_run_as_a_formula() -> None:
    names = ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "tv"]
    frame = pd.DataFrame({"channel": names, "spend": [-1.5] * 6})
    safe = without_formulas(frame)
    assert safe["channel"].tolist() == [*(f"'{name}" for name in names[:-1]), "tv"]
    assert safe["spend"].tolist() == frame["spend"].tolist()
    assert safe["spend"].dtype == frame["spend"].dtype
