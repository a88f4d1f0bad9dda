"""The platform: from raw tables to a published refresh, on Dagster and DuckDB."""

import os
from typing import Any

# Read when NumPy is first imported. Its matrices here are many and small: a second thread waits
# more than it works (the bundled sample takes 183 seconds of CPU with two, 73 with one).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_COMPONENT = "MarketingMixProject"
"""What ``dg`` finds here. Dagster is imported when it is asked for, not with each command."""


def __getattr__(name: str) -> Any:
    if name != _COMPONENT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mmm_assets.orchestration.component import MarketingMixProject

    return MarketingMixProject


def __dir__() -> list[str]:
    return [*globals(), _COMPONENT]
