"""The kinds of scenarios: what a total budget may be asked for by, one file each.

A new kind is a file beside these and its name in `SCENARIO_KINDS`. The configuration, the
options of ``mmm plan``, the launchpad of the planning job, the comments of the mart and the
messages follow.
"""

from __future__ import annotations

from mmm_model.budget.scenario_kinds import kpi, marginal_roi, multiplier, roi, total
from mmm_model.budget.scenario_kinds.kind import ScenarioKind

SCENARIO_KINDS: dict[str, type[ScenarioKind]] = {
    kind.key: kind
    for kind in (multiplier.Multiplier, total.Total, roi.Roi, marginal_roi.MarginalRoi, kpi.Kpi)
}
"""Key → kind, in the order in which they are listed to people."""


def keys_in_words() -> str:
    """Every kind's key, as ``multiplier, total or roi``."""
    *first, end = SCENARIO_KINDS
    return f"{', '.join(first)} or {end}"
