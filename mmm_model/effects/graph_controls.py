"""Controls in the channel graph: which of them media drive, which drive media."""

from __future__ import annotations

import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Panel
from mmm_model.treatments import decided

CONTROL_COLUMNS = (
    "control", "role", "in_response", "driver", "lag_weeks", "probability", "drives",
)  # fmt: skip


def graph_controls(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """List the role of each control in the graph and in the equation.

    Returns
    -------
    DataFrame
        ``control, role, in_response, driver, lag_weeks, probability, drives``: ``role`` is
        ``treatment`` of a promotion or a price, ``driven`` where media drive it, ``instrument``
        where it is left to the channels that it drives, else ``exogenous``; ``driver`` its surest
        driver among the published edges, or the likeliest channel that may be one; ``drives`` the
        channels that the control drives, separated by commas.
    """
    treatments = decided(model.response.treatments)
    rows = [
        {
            "control": control,
            "role": "treatment" if control in treatments else _role(model, control),
            "in_response": control in model.controls + treatments,
            **({} if model.graph is None else _edges_of(control, model.graph.edges())),
        }
        for control in panel.controls + treatments
    ]
    return pd.DataFrame(rows, columns=list(CONTROL_COLUMNS))


def _role(model: FittedModel, control: str) -> str:
    if model.graph is not None and control in model.graph.driven_controls():
        return "driven"
    return "exogenous" if control in model.controls else "instrument"


def _edges_of(control: str, edges: pd.DataFrame) -> dict[str, object]:
    """The surest edge to a control, and the channels that it drives."""
    above = edges[edges["target"] == control]
    above = above[above["published"] | (above["source_kind"] == "channel")]
    above = above.sort_values(["published", "probability"], ascending=False, kind="stable")
    below = edges[(edges["source"] == control) & edges["published"]]
    below = below[below["target_kind"] == "channel"]
    found: dict[str, object] = {"drives": ", ".join(dict.fromkeys(below["target"]))}
    if len(above):
        first = above.iloc[0]
        found |= {name: first[name] for name in ("lag_weeks", "probability")}
        found["driver"] = first["source"]
    return found
