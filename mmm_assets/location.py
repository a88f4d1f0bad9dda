"""The code location that ``workspace.yaml`` names.

``MMM_CONFIG`` names the configuration; without it, ``./mmm.yaml``, then the bundled sample.
A company with several brands copies this file once for each, gives every copy its own path,
and lists the copies in ``workspace.yaml``.
"""

from mmm_assets.config import find_config, load_config
from mmm_assets.definitions import build_definitions

defs = build_definitions(load_config(find_config()))
