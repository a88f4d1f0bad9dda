"""Adstock: how an effect spreads over the weeks after the exposure; one file a family.

A new family is a file beside this one with a class `Family`, and a line in `ADSTOCKS`. Nothing is
imported until a family is asked for, so that the configuration can list the names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmm_model.equation.adstock.family import Adstock
    from mmm_model.settings import ModelSettings

ADSTOCKS = {
    "geometric": "decays by the same share every week, after a peak where the data show one",
    "weibull": "decays faster or slower with age, with a peak in any week",
}
"""Name, which is that of its file, and meaning of each family."""


def adstock_of(settings: ModelSettings) -> Adstock:
    """Return the family that the settings name.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    if settings.adstock not in ADSTOCKS:
        raise ValueError(f"adstock is '{settings.adstock}', allowed are {', '.join(ADSTOCKS)}")
    module = import_module(f"{__name__}.{settings.adstock}")
    family: Adstock = module.Family(settings)
    return family
