"""The science of the platform: a panel in, a fitted model and estimates out.

Names are imported from their modules when they are first asked for, so that importing the
package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmm_model.fit.fitted_model import FittedModel
    from mmm_model.fit.training import Training, train
    from mmm_model.panel import Panel
    from mmm_model.settings import ModelSettings

__all__ = ["FittedModel", "ModelSettings", "Panel", "Training", "train"]

_HOME = {
    "FittedModel": "fit.fitted_model",
    "ModelSettings": "settings",
    "Panel": "panel",
    "Training": "fit.training",
    "train": "fit.training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
