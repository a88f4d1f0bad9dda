"""Saturation: how the response flattens as exposure rises; one file a family.

A new family is a file beside this one with a class `Family`, and a line in `SATURATIONS`. Nothing
is imported until a family is asked for, so that the configuration can list the names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmm_model.equation.saturation.family import Saturation
    from mmm_model.settings import ModelSettings

SATURATIONS = {
    "hill": "concave, or S-shaped where the slope is above one",
    "logistic": "concave: every further unit brings less than the one before",
}
"""Name, which is that of its file, and meaning of each family."""


def saturation_of(settings: ModelSettings) -> Saturation:
    """Return the family that the settings name.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    if settings.saturation not in SATURATIONS:
        raise ValueError(
            f"saturation is '{settings.saturation}', allowed are {', '.join(SATURATIONS)}"
        )
    module = import_module(f"{__name__}.{settings.saturation}")
    family: Saturation = module.Family(settings)
    return family
