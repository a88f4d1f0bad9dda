"""``mmm.yaml`` as typed sections, checked once, when it is loaded; one file a section."""

from mmm_assets.config.errors import ConfigError
from mmm_assets.config.project import ProjectConfig, find_config, load_config

__all__ = ["ConfigError", "ProjectConfig", "find_config", "load_config"]
