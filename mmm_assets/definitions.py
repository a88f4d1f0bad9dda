"""Where a code location takes `build_definitions` from; it lives in ``orchestration``."""

from mmm_assets.orchestration.definitions import build_definitions

__all__ = ["build_definitions"]
