"""Which rows of the tests are beyond a limit of the configuration, and hold the refresh."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from mmm_assets.config.trust import TrustSection

MATTERS = 0.02
"""Share of what media bring from which a channel's test can hold a refresh."""


def with_limits(
    found: pd.DataFrame, trust: TrustSection, channels: Collection[str]
) -> pd.DataFrame:
    """Put the limits beside the rows.

    Parameters
    ----------
    found
        Rows of tests.
    channels
        That matter: others hold nothing. Of a measure of single channels and of all together, the
        one of all counts.
    """
    names = found["test"] + "." + found["measure"]
    least, most = (names.map(dict(limits)) for limits in (trust.at_least, trust.at_most))
    of_all = names.isin(set(names[found["channel"].isna()]))
    counts = found["channel"].isna() | (~of_all & found["channel"].isin(list(channels)))
    beyond = (found["value"] < least) | (found["value"] > most)
    limit = pd.to_numeric(least.combine_first(most)).where(counts)
    return found.assign(hold_limit=limit, holds=beyond & counts)


def channels_that_matter(summary: pd.DataFrame) -> list[str]:
    """Channels that bring more than `MATTERS` of what media bring; of ``mart.channel_summary``."""
    return summary.loc[summary["direct"] > MATTERS * summary["direct"].sum(), "channel"].tolist()
