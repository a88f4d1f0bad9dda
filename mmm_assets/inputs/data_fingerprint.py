"""The fingerprint of all that the results of a refresh are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.campaign_table import read_campaigns
from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_table import panel_fingerprint

if TYPE_CHECKING:
    from mmm_model.panel import Panel


def data_fingerprint(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, panel: Panel
) -> str:
    """Hash of a panel, its lift tests and its campaigns, as the refresh of its last week has them.

    What is named in ``mart.refreshes``, and by what a backfill knows the weeks that are done.
    """
    tests = read_lift_tests(connection, config, panel)
    campaigns = read_campaigns(connection, panel.weeks[-1].date(), panel)
    return panel_fingerprint(panel, tests, campaigns)
