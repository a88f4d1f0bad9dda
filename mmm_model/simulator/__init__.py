"""A simulated brand: data as a marketing team would deliver it, and the exact truth behind it.

The recipe: heavy-tailed regions, seasonal and drifting demand, plans that follow demand or
each other, adstock, several families of response curves, channels that drive channels, a
channel without effect, and dirt.
"""

from mmm_model.simulator.drawing import simulate
from mmm_model.simulator.draws import draw_spec
from mmm_model.simulator.simulation import Simulation
from mmm_model.simulator.spec import (
    BrandSpec,
    ChannelSpec,
    DriveSpec,
    MediatorSpec,
    SimulationSpec,
    TreatmentSpec,
)
from mmm_model.simulator.tables import Tables, deliver

__all__ = [
    "BrandSpec",
    "ChannelSpec",
    "DriveSpec",
    "MediatorSpec",
    "Simulation",
    "SimulationSpec",
    "Tables",
    "TreatmentSpec",
    "deliver",
    "draw_spec",
    "simulate",
]
