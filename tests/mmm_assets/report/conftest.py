"""Invented refreshes, and a browser that opens their reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.mmm_assets.report.invented_refresh import Example, create_mart, fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def filled() -> Callable[..., duckdb.DuckDBPyConnection]:
    """Make a warehouse in memory that holds these refreshes."""

    def make(*examples: Example) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        create_mart(connection)
        for example in examples:
            fill(connection, example)
        return connection

    return make


@dataclass
class OpenedReport:
    """A report in the browser, with everything that went wrong while it was open."""

    page: Page
    faults: list[str]
    requests: list[str]

    def draw_all(self) -> int:
        """Draw every chart as scrolling would; the number drawn."""
        self.page.evaluate("report.drawAll()")
        return self.page.locator(".chart[data-drawn]").count()

    def data(self, view: str) -> list[dict[str, Any]]:
        """The traces of a chart as they are drawn."""
        return self.page.evaluate(
            "id => document.getElementById(`chart-${id}`).data.map(t => ({...t}))", view
        )


@pytest.fixture(scope="session")
def example() -> type[Example]:
    """What an invented refresh can be asked to look like."""
    return Example


@pytest.fixture(scope="session")
def open_report(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., OpenedReport]]:
    """Open a report in the browser, from a file, as a reader would."""
    pages = []

    def open_html(html: str, width: int = 1440, scheme: str = "light") -> OpenedReport:
        file = tmp_path_factory.mktemp("report") / "index.html"
        file.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        pages.append(page)
        opened = OpenedReport(page, [], [])
        page.on(
            "console",
            lambda said: opened.faults.append(said.text) if said.type == "error" else None,
        )
        page.on("pageerror", lambda error: opened.faults.append(str(error)))
        page.on("dialog", lambda dialog: opened.faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: opened.requests.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_function("window.report?.ready || !document.querySelector('.chart')")
        return opened

    yield open_html
    for page in pages:
        page.close()
