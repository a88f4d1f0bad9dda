"""All brands of a company at a glance: read from their warehouses, never from Dagster.

A brand whose configuration or warehouse cannot be read is a row that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.config.errors import ConfigError, UsageError
from mmm_assets.mart.numbers import percent
from mmm_assets.report import words
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.escape import text
from mmm_assets.report.headline import headline
from mmm_assets.report.page import page
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project

CONFIG = "mmm.yaml"
_UNREADABLE = (ConfigError, WarehouseError, duckdb.Error, OSError)

_REFRESHES = """
    SELECT refresh_week, status, coalesce(reason, '') FROM mart.refreshes
    WHERE refresh_week = (SELECT max(refresh_week) FROM mart.refreshes)
       OR refresh_week = (SELECT max(refresh_week) FROM mart.refreshes WHERE status = 'published')
    ORDER BY refresh_week
"""
_FIGURES = """
    SELECT
        (SELECT value FROM mart.holdout_metrics WHERE refresh_week = $week
         AND scope = 'pooled' AND model = 'last_value' AND metric = 'skill'),
        (SELECT avg(value) FROM mart.trust_tests WHERE refresh_week = $week
         AND test = 'refresh_stability' AND measure = 'mean_change'),
        (SELECT count(*) FROM mart.trust_tests WHERE refresh_week = $week
         AND verdict = 'doubtful'),
        (SELECT count(*) FROM mart.trust_tests WHERE refresh_week = $week AND verdict <> 'none')
"""


@dataclass(frozen=True)
class Brand:
    """How one project stands.

    Parameters
    ----------
    status
        ``published``, ``held``, ``nothing yet``, or ``unreadable``.
    problem
        Why it is held or cannot be read, in words.
    week
        Newest published refresh week, which the figures are of.
    skill
        Of the held-out weeks against last value.
    change
        Mean absolute change of returns from refresh to refresh, a share of 1.
    doubtful, judged
        Trust tests that are in doubt, of all that have a verdict.
    """

    name: str
    file: Path
    status: str
    problem: str = ""
    week: date | None = None
    headline: str = ""
    skill: float | None = None
    change: float | None = None
    doubtful: int = 0
    judged: int = 0
    page: str = ""

    @property
    def needs_a_look(self) -> bool:
        """Whether its newest refresh is held, or nothing of it can be read."""
        return self.status not in ("published", "nothing yet")

    @property
    def trust(self) -> str:
        """How many trust tests are in doubt."""
        return f"{self.doubtful} of {self.judged} in doubt" if self.judged else "not tested"

    @property
    def age(self) -> str:
        """How old the newest published week is, in weeks that are over since."""
        if self.week is None:
            return ""
        behind = (datetime.now(UTC).date() - self.week).days // 7 - 1
        late = f"{words.counted(behind, 'week')} behind the newest that is over"
        return "the newest week that is over" if behind <= 0 else late


def find_projects(places: Iterable[Path]) -> list[Path]:
    """Configurations in folders, beside a ``workspace.yaml``, or named themselves, in order.

    Raises
    ------
    UsageError
        If there is none.
    """
    found: list[Path] = []
    for place in places:
        folder = place.parent if place.name == "workspace.yaml" else place
        found += sorted(folder.rglob(CONFIG)) if folder.is_dir() else [folder]
    if not found:
        raise UsageError(
            "there is no mmm.yaml. Name files, a folder that holds them, or a workspace.yaml"
        )
    return list(dict.fromkeys(file.resolve() for file in found))


def read_portfolio(files: Sequence[Path]) -> list[Brand]:
    """Read how each project stands."""
    return [_read(file) for file in files]


def _read(file: Path) -> Brand:
    name = file.parent.name
    try:
        config = load_config(file)
        name = config.project
        with Project(config).warehouse.published() as connection:
            return _stands(connection, config)
    except FileNotFoundError:
        return Brand(name, file, "nothing yet", "nothing is published yet; start with mmm refresh")
    except _UNREADABLE as error:
        return Brand(name, file, "unreadable", " ".join(str(error).split()))


def _stands(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> Brand:
    complete(connection)
    rows = connection.execute(_REFRESHES).fetchall()
    published = [week for week, status, _ in rows if status == "published"]
    newest, status, reason = rows[-1]
    if not published:
        return Brand(config.project, config.path, status, f"{newest}: {reason}")
    week = published[-1]
    figures = connection.execute(_FIGURES, {"week": week}).fetchone()
    skill, change, doubtful, judged = figures or (None, None, 0, 0)
    report = config.reports_folder / week.isoformat() / "index.html"
    return Brand(
        config.project,
        config.path,
        status,
        f"{newest}: {reason}" if newest != week else "",
        week,
        headline(connection, week, config.currency)[1],
        skill,
        change,
        doubtful,
        judged,
        report.as_uri() if report.exists() else "",
    )


def portfolio_page(brands: Sequence[Brand]) -> str:
    """A self-contained page: a part for each brand, in order."""
    parts = "".join(_part(brand) for brand in brands)
    ill = sum(brand.needs_a_look for brand in brands)
    lead = words.counted(len(brands), "brand") + (f", {ill} to be looked at" if ill else "")
    body = (
        '<main id="content"><div class="masthead"><p class="over">Marketing mix</p>'
        f'<h1>Portfolio</h1><p class="lead">{text(lead)}.</p></div>{parts}</main>'
    )
    return page("Portfolio", body, charts=False)


def _part(brand: Brand) -> str:
    name = text(brand.name)
    title = f'<a href="{text(brand.page)}">{name}</a>' if brand.page else name
    tiles = [
        ("Status", brand.status, brand.problem, "bad" if brand.needs_a_look else ""),
    ]
    if brand.week is not None:
        tiles += [
            ("Newest published week", words.day(brand.week.isoformat()), brand.age, ""),
            ("Skill", percent(brand.skill, signed=True), "forecast against last value", ""),
            ("Trust", brand.trust, "tests of how far it can be believed", ""),
            ("Stability", percent(brand.change), "returns move so far, refresh to refresh", ""),
        ]
    shown = "".join(
        f'<div class="tile {tone}"><h3>{head}</h3><p class="value">{text(value)}</p>'
        f"<p>{text(said)}</p></div>"
        for head, value, said, tone in tiles
    )
    lead = f'<p class="lead">{text(brand.headline)}</p>' if brand.headline else ""
    return f'<section><h2>{title}</h2>{lead}<div class="tiles">{shown}</div></section>'
