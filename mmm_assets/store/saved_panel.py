"""A panel as a file: what a published model was fitted to, and budgets are reckoned with."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mmm_model import Panel

_NAMES = ("regions", "channels", "controls")


def panel_to_bytes(panel: Panel) -> bytes:
    """Save a panel in the format of saved fits."""
    from mmm_model.fit.saved_arrays import pack

    arrays = {
        field.name: getattr(panel, field.name)
        for field in fields(panel)
        if isinstance(getattr(panel, field.name), np.ndarray)
    }
    meta: dict[str, Any] = {name: list(getattr(panel, name)) for name in _NAMES}
    groups = {"panel": arrays}
    if panel.mediators:
        meta["mediators"] = [asdict(node) for node in panel.mediators.nodes]
        groups["mediators"] = {"value": panel.mediators.value, "error": panel.mediators.error}
    return pack(
        {
            **meta,
            "first_week": str(panel.weeks[0].date()),
            "weeks": len(panel.weeks),
            "treatments": [asdict(one) for one in panel.treatments],
        },
        groups,
    )


def panel_from_bytes(data: bytes) -> Panel:
    """Load what `panel_to_bytes` saved.

    Raises
    ------
    ValueError
        If the bytes are no saved panel, or of a format that this version cannot read.
    """
    from mmm_model import Panel
    from mmm_model.fit.saved_arrays import unpack
    from mmm_model.mediators import Mediator, Mediators
    from mmm_model.treatments import Treatment

    meta, groups = unpack(data)
    found: dict[str, Any] = {name: tuple(meta[name]) for name in _NAMES} | groups["panel"]
    found["treatments"] = tuple(Treatment(**one) for one in meta.get("treatments", ()))
    if "mediators" in meta:
        nodes = tuple(Mediator.restored(one) for one in meta["mediators"])
        found["mediators"] = Mediators(nodes, **groups["mediators"])
    weeks = pd.date_range(meta["first_week"], periods=meta["weeks"], freq="7D", unit="us")
    return Panel(weeks=weeks, **found)
