"""What the platform makes of a spoilt delivery, judged beside the clean one."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.checks import CheckOutcome, run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel
from mmm_assets.inputs.restatements import EarlierRefresh, restated_rows
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.sources import load_raw
from tests.mmm_assets.inputs.corruption_corpus import Corruption

_ROWS = re.compile(r"row \d|rows?:|Line: \d|\d+ rows|nothing at all")


@dataclass(frozen=True)
class Verdict:
    """How a delivery fared.

    Parameters
    ----------
    outcome
        ``refused``: a message names table, rule and rows, and nothing is trained. ``warned``:
        accepted, and a warning that the clean delivery does not get names them. ``same``:
        accepted, and the panel is the clean one, bit for bit. ``listed``: nothing looks wrong in
        it, but what it moved against the delivery before is listed, value by value. ``silent``
        or ``unclear`` or ``crash``: none of these.
    """

    outcome: str
    message: str


class Judge:
    """Knows the clean project, and what is said of it."""

    def __init__(self, config_file: Path) -> None:
        self.config_file = config_file
        with duckdb.connect() as connection:
            config = load_config(config_file)
            _load(connection, config)
            self.week = _newest_week(connection, config)
            self.usual = {
                (o.rule.table, o.rule.name, o.message)
                for o in run_checks(connection, config, self.week)
                if not o.passed
            }
            self.panel = self._panel(connection, config)

    def judge(self, corruption: Corruption) -> Verdict:
        """Deliver the spoilt table as the first delivery ever, then as one after a clean one."""
        try:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                config = self._copy(folder)
                corruption.write(self.config_file.parent, folder)
                with duckdb.connect() as connection:
                    verdict = self._first_delivery(connection, config, corruption)
                if verdict.outcome == "silent":
                    verdict = self._later_delivery(folder, corruption, verdict)
            return verdict
        except Exception as error:
            return Verdict("crash", f"{type(error).__name__}: {error}")

    def _first_delivery(
        self, connection: duckdb.DuckDBPyConnection, config: ProjectConfig, corruption: Corruption
    ) -> Verdict:
        try:
            _load(connection, config)
        except SourceError as error:
            said = str(error)
            named = said.startswith(f"{corruption.table}: ") and f"{corruption.table}.csv" in said
            return Verdict("refused" if named and "\n" not in said else "unclear", said)
        others = tuple(role for role in ROLES if role != corruption.table)
        warned: list[CheckOutcome] = []
        for roles in ((corruption.table,), others):  # most are told by rules of their own table
            outcomes = run_checks(connection, config, self.week, roles=roles)
            faults = [o for o in outcomes if o.blocks]
            if faults:
                return Verdict("refused" if _clear(faults) else "unclear", faults[0].message)
            warned += [
                o
                for o in outcomes
                if not o.passed and (o.rule.table, o.rule.name, o.message) not in self.usual
            ]
            if warned:
                break
        if self._panel(connection, config) == self.panel:
            return Verdict("same", "")
        if warned:
            return Verdict("warned" if _clear(warned) else "unclear", warned[0].message)
        return Verdict("silent", "")

    def _later_delivery(self, folder: Path, corruption: Corruption, first: Verdict) -> Verdict:
        """The same delivery a week after a clean one: does the platform say what moved?"""
        spoilt = (folder / f"{corruption.table}.csv").read_bytes()
        config = self._copy(folder)
        with duckdb.connect() as connection:
            _load(connection, config)
            known = datetime.now(UTC).replace(tzinfo=None)
            (folder / f"{corruption.table}.csv").write_bytes(spoilt)
            _load(connection, config)
            earlier = EarlierRefresh(self.week, known)
            outcomes = run_checks(connection, config, self.week, None, earlier)
            faults = [o for o in outcomes if o.blocks]
            moved = len(restated_rows(connection))
        if faults:
            return Verdict("listed", faults[0].message)
        return Verdict("listed", f"{moved:,} values listed as moved") if moved else first

    def _copy(self, folder: Path) -> ProjectConfig:
        for name in ("media.csv", "kpi.csv", "controls.csv"):
            shutil.copyfile(self.config_file.parent / name, folder / name)
        shutil.copyfile(self.config_file, folder / "mmm.yaml")
        return load_config(folder / "mmm.yaml")

    def _panel(self, connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> str:
        build_panel_tables(connection, config, self.week)
        return panel_fingerprint(read_panel(connection, config, self.week))


def _load(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> None:
    for role in ROLES:
        load_raw(connection, config, role, datetime.now(UTC))


def _newest_week(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> date:
    from mmm_assets.inputs.weekly_kpi import newest_week

    return newest_week(connection, config)


def _clear(outcomes: list[CheckOutcome]) -> bool:
    """Whether every message names table, rule and rows (or weeks, or a count)."""
    return all(
        o.message.startswith(f"{o.rule.table}, rule {o.rule.name} is broken")
        and "Found" in o.message
        and (len(o.sample) > 0 or _ROWS.search(o.message) is not None)
        for o in outcomes
    )
