"""The channel graph: which channel or control drives which, at once and in later weeks.

What may be demanded of it is in ``settings``, what it is in ``channel_graph``, how it is
learned in ``learning``. Names are imported when they are first asked for: a configuration is
checked without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmm_model.graph.channel_graph import ChannelGraph
    from mmm_model.graph.learning import learn_graph
    from mmm_model.graph.settings import GraphSettings

__all__ = ["ChannelGraph", "GraphSettings", "learn_graph"]

_HOME = {"ChannelGraph": "channel_graph", "GraphSettings": "settings", "learn_graph": "learning"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
