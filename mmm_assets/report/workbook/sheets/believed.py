"""How far can it be believed?"""

from __future__ import annotations

import pandas as pd

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.believe import TESTS, verdicts
from mmm_assets.report.workbook.sheet import Block, Column, Sheet


def sheet(refresh: Refresh) -> Sheet | None:
    """A word for each channel and why, then every test; None where no test ran."""
    found = refresh.query(TESTS)
    if found.empty:
        return None
    said = verdicts(refresh, found)
    blocks = []
    if len(said):
        blocks.append(
            Block(
                "Each channel",
                (
                    Column("channel", "Channel", "text", said["Channel"]),
                    Column("why", "Its return", "text", said["Its return"]),
                ),
            )
        )
    return Sheet(
        "Believed",
        "How far can it be believed?",
        "Tests of the fit on its own data.",
        (*blocks, _tests(found)),
    )


def _tests(found: pd.DataFrame) -> Block:
    plain = {name: found[name].str.replace("_", " ") for name in ("test", "measure")}
    return Block(
        "Every test",
        (
            Column("test", "Test", "text", plain["test"]),
            Column("said", "What it says", "text", found["sentence"]),
            Column("channel", "Channel", "text", found["channel"].fillna("the whole fit")),
            Column("measure", "Measure", "text", plain["measure"]),
            Column("verdict", "Verdict", "text", found["verdict"]),
            Column("value", "Value", "return", found["value"]),
            Column("limit", "Held against", "return", found["threshold"]),
        ),
    )
