"""The channel graph: which channel drives which, in the same week and in later weeks.

What may be demanded of it is in ``settings``, what it is in ``channel_graph``, how it is
learned in ``learning``.
"""

from mmm_model.graph.channel_graph import ChannelGraph
from mmm_model.graph.learning import learn_graph
from mmm_model.graph.settings import GraphSettings

__all__ = ["ChannelGraph", "GraphSettings", "learn_graph"]
