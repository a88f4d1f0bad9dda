"""Each brand as a code location of its own: ``workspace.yaml`` asks for it by its name.

A brand whose ``mmm.yaml`` is broken then stops no other one from being loaded.
"""

from pathlib import Path

import dagster as dg

from mmm_assets.config import load_config
from mmm_assets.definitions import build_definitions


def __getattr__(brand: str) -> dg.Definitions:
    file = Path(__file__).parent / "marketing" / "defs" / brand / "mmm.yaml"
    if not file.exists():
        raise AttributeError(f"there is no brand '{brand}'")
    return build_definitions(load_config(file))
