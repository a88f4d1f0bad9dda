"""``mmm.yaml`` as typed sections, checked once, when it is loaded; one file a section."""

from mmm_assets.config.errors import ConfigError
from mmm_assets.config.loading import find_config, load_config
from mmm_assets.config.project import ProjectConfig

__all__ = ["ConfigError", "ProjectConfig", "find_config", "load_config"]
