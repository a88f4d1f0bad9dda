"""The KPIs beside the main one as a file: what differs of their panel, and their fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mmm_model import Panel
    from mmm_model.fit.further_kpis import FurtherKpi

_ARRAYS = ("kpi", "observed", "value_per_kpi")
"""What a KPI has of its own; media and controls are those of the main one's panel."""
_FITS = ("holdout", "final")


def further_to_bytes(further: Sequence[FurtherKpi]) -> bytes:
    """Save them in the format of saved fits."""
    from mmm_model.fit.saved_arrays import pack

    groups = {
        f"kpi {number}": {name: getattr(own.panel, name) for name in _ARRAYS}
        | {
            name: np.frombuffer(getattr(own.training, name).to_bytes(), dtype=np.uint8)
            for name in _FITS
        }
        for number, own in enumerate(further)
    }
    return pack({"names": [own.name for own in further]}, groups)


def further_from_bytes(data: bytes, panel: Panel) -> tuple[FurtherKpi, ...]:
    """Load what `further_to_bytes` saved.

    Parameters
    ----------
    panel
        Of the main KPI.

    Raises
    ------
    ValueError
        If the bytes are nothing that was saved, or of a format that this version cannot read.
    """
    from mmm_model import FittedModel, Training
    from mmm_model.fit.further_kpis import FurtherKpi
    from mmm_model.fit.saved_arrays import unpack

    meta, groups = unpack(data)
    found = []
    for number, name in enumerate(meta["names"]):
        own = groups[f"kpi {number}"]
        holdout, final = (FittedModel.from_bytes(own[fit].tobytes()) for fit in _FITS)
        arrays: dict[str, Any] = {key: own[key] for key in _ARRAYS}
        kpi = FurtherKpi(name, replace(panel, **arrays), Training(holdout, final, pd.DataFrame()))
        found.append(kpi)
    return tuple(found)
