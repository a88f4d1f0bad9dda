"""A project at work: its configuration, its warehouse, and who hears how training goes.

The one resource that every asset is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmm_assets.store.warehouse import Warehouse

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig

Progress = Callable[[str, float], None]
"""Called with a stage in plain words and the share of it that is done, 0 to 1."""


@dataclass(frozen=True)
class Project:
    """What an asset needs to do its part.

    Parameters
    ----------
    config
        The validated configuration.
    progress
        Told how training goes, besides the log; the command line draws its bar with it.
    """

    config: ProjectConfig
    progress: Progress | None = None

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse that the configuration names."""
        return Warehouse(self.config.warehouse_folder, self.config.memory_limit)
