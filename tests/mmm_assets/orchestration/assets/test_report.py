"""What a real refresh leaves to look at: its dashboard in a browser, its metadata in Dagster."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.run import dagster_instance
from tests.mmm_assets.tiny_project import CHANNELS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NEWEST = date(2024, 7, 8)


@pytest.mark.browser
def test_the_dashboard_of_a_real_refresh_opens_whole(
    refreshed: ProjectConfig, browser: Browser
) -> None:
    page = browser.new_page()
    faults: list[str] = []
    requests: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: requests.append(request.url))
    page.goto((refreshed.reports_folder / NEWEST.isoformat() / "index.html").as_uri())
    page.evaluate("report.drawAll()")
    charts = page.locator(".chart").count()
    assert page.locator(".chart[data-drawn]").count() == charts >= 40
    assert "Since 24 Jun 2024" in page.locator("#summary-since").inner_text().replace("\xa0", " ")
    assert page.locator("main img").count() == 0
    assert CHANNELS[1] in page.locator("#channels-roi .ytick text").all_text_contents()
    page.get_by_role("link", name="All refreshes").click()
    assert page.locator("tbody tr").count() == 2
    page.get_by_role("link", name="24 Jun 2024").click()
    assert page.locator("#summary-since.empty").count() == 1
    page.close()
    assert faults == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_dagster_shows_the_summary_and_links_to_the_file(refreshed: ProjectConfig) -> None:
    with dagster_instance(refreshed) as instance:
        found = instance.get_latest_materialization_event(dg.AssetKey("dashboard"))
    assert found is not None and found.asset_materialization is not None
    shown = found.asset_materialization.metadata
    assert "ROI by channel" in str(shown["headline"].value)
    assert Path(str(shown["file"].value)).name == "index.html"
    assert str(shown["open"].value).startswith("file:///")


def test_names_from_data_stay_text_in_dagster(refreshed: ProjectConfig) -> None:
    shown: list[str] = []
    with dagster_instance(refreshed) as instance:
        for key in build_definitions(refreshed).resolve_asset_graph().get_all_asset_keys():
            for record in instance.fetch_materializations(key, limit=1).records:
                found = record.asset_materialization
                assert found is not None
                shown += [
                    str(value.value)
                    for value in found.metadata.values()
                    if isinstance(value, dg.MarkdownMetadataValue | dg.TextMetadataValue)
                ]
    assert any("onerror" in text for text in shown)
    assert not [text for text in shown if "<img" in text]
