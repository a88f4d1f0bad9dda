"""The fingerprint of all that the results of a refresh are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.campaign_table import read_campaigns
from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_table import further_fingerprint, panel_fingerprint, read_further

if TYPE_CHECKING:
    from mmm_model.panel import Panel


def data_fingerprint(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, panel: Panel
) -> str:
    """Hash of a panel, its further KPIs, lift tests and campaigns, as its refresh has them.

    What is named in ``mart.refreshes``, and by what a backfill knows the weeks that are done.
    """
    tests = read_lift_tests(connection, config, panel)
    campaigns = read_campaigns(connection, panel.weeks[-1].date(), panel)
    further = read_further(connection, config, panel.weeks[-1].date(), panel)
    found = panel_fingerprint(panel, tests, campaigns)
    return f"{found}+{further_fingerprint(further)}" if further else found
