"""A project at work: its configuration, its warehouse, and who hears how training goes.

The one resource that every asset is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mmm_assets.store.kept import Kept
from mmm_assets.store.lake_tables import Lake
from mmm_assets.store.warehouse import Warehouse

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig

Progress = Callable[[str, float], None]
"""Called with a stage in plain words and the share of it that is done, 0 to 1."""


@dataclass(frozen=True)
class Project:
    """A project as every asset is given it.

    Parameters
    ----------
    config
        The validated configuration.
    progress
        Told how training goes, besides the log; the command line draws its bar with it.
    kept
        What the assets of a run share, so that each reads it no second time.
    """

    config: ProjectConfig
    progress: Progress | None = None
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse that the configuration names."""
        return Warehouse(
            self.config.warehouse_folder,
            self.config.memory_limit,
            self.config.retention.details,
            self._lake,
        )

    @property
    def _lake(self) -> Lake | None:
        lake = self.config.lake
        if lake is None:
            return None
        data = lake.data if "://" in lake.data else str((self.config.folder / lake.data).resolve())
        return Lake(lake.catalogue, lake.name, data)
