"""All brands as one code location, as ``dg`` loads it: a folder of ``defs`` each."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Every folder with a ``defs.yaml``."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
