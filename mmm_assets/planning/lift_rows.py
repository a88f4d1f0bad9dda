"""Rows of a test that a person names a file of, and the row that goes into the lift tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.config.errors import UsageError
from mmm_assets.config.tables import LiftTestsTable
from mmm_assets.store.durable import write_durably
from mmm_assets.store.sql_text import quote_text

NEW_FILE = "lift_tests.csv"
"""Beside ``mmm.yaml``, where the project has no table of lift tests yet."""

_KNOWN = {
    "day": ("day", "date", "week", "week_start", "ds"),
    "region": ("region", "location", "geo", "market", "dma", "state", "city"),
    "kpi": ("kpi", "sales", "revenue", "conversions", "orders", "y"),
    "spend": ("spend", "cost", "investment"),
}
"""What a column may be called that nobody names."""

_OPTION = {"region": "region-column"}
"""What is read → option that names its column, where that is called otherwise."""

_ROLES = ("channel", "region", "start_week", "end_week", "delta_x", "delta_y", "sigma")


class Unusable(UsageError):
    """A file that cannot be used; the message says why, and the next step."""


def file_rows(file: Path, columns: Mapping[str, str | None]) -> pd.DataFrame:
    """Rows ``day, region, kpi, spend`` of a CSV or Parquet file.

    Parameters
    ----------
    columns
        What is read → column that holds it; None: a usual name. A file without regions is
        national, one without spend says nothing of it.

    Raises
    ------
    Unusable
        If the file cannot be read, or a day or a number in it.
    """
    reader = "read_parquet" if file.suffix == ".parquet" else "read_csv_auto"
    try:
        with duckdb.connect() as connection:
            found = connection.execute(f"FROM {reader}({quote_text(str(file))})").df()
    except duckdb.Error as error:
        raise Unusable(f"{file}: {' '.join(str(error).split())}") from error
    named = {role: _column(found, file, role, columns.get(role)) for role in _KNOWN}
    rows = pd.DataFrame({"day": pd.to_datetime(found[named["day"]], errors="coerce")})
    rows["region"] = found[named["region"]].astype(str) if named["region"] else "national"
    for role in ("kpi", "spend"):
        column = named[role]
        if column:
            rows[role] = pd.to_numeric(found[column], errors="coerce")
            _require_known(rows[role].isna() & found[column].notna(), file, column, "a number")
    _require_known(rows["day"].isna(), file, str(named["day"]), "a day")
    return rows


def lift_file(config: ProjectConfig) -> tuple[Path, LiftTestsTable | None]:
    """The file that lift tests are added to, and how its columns are called.

    Raises
    ------
    Unusable
        If the project's lift tests come from no single CSV file with weeks and regions.
    """
    table = config.tables.lift_tests
    if table is None:
        return config.folder / NEW_FILE, None
    if table.source is None or not table.source.endswith(".csv") or "*" in table.source:
        raise Unusable(
            f"tables.lift_tests is read from {table.origin}, to which no row can be added here: "
            "add the row that is printed there"
        )
    if lacks := [name for name in ("region", "start_week") if getattr(table, name) is None]:
        raise Unusable(
            f"tables.lift_tests names no column {' and '.join(lacks)}, without which a test of "
            f"some regions and weeks cannot be told: name them in {config.path.name}"
        )
    return config.folder / table.source, table


def add_rows(config: ProjectConfig, rows: pd.DataFrame) -> tuple[Path, list[str]]:
    """Add rows to the project's lift tests, whole or not at all.

    Parameters
    ----------
    rows
        As of `mmm_model.experiment.reading.Reading.rows`.

    Returns
    -------
    file, lines
        Where they are now, and what ``mmm.yaml`` must say where it does not read that file yet.

    Raises
    ------
    Unusable
        If the file cannot take them, or holds a test of the same channel, regions and weeks.
    """
    file, table = lift_file(config)
    name = {role: getattr(table, role) if table else role for role in _ROLES}
    new = rows.rename(columns=name)
    if table and table.decimal == ",":
        numbers = [name[role] for role in ("delta_x", "delta_y", "sigma")]
        new[numbers] = new[numbers].astype(str).replace(r"\.", ",", regex=True)
    if file.exists():
        old = pd.read_csv(file, dtype=str, keep_default_na=False)
        key = [name[role] for role in _ROLES[:4]]
        if lacks := [column for column in key if column not in old]:
            raise Unusable(f"{file} has no column {lacks[0]!r}, which {config.path.name} names")
        both = old[key].merge(new[key].astype(str), on=key)
        if len(both):
            raise Unusable(
                f"{file} has a test of {both.iloc[0][key[0]]} in these regions and weeks already: "
                "change that row, or remove it first"
            )
        new = pd.concat([old, new.reindex(columns=[*old.columns])], ignore_index=True)
    write_durably(file, new.to_csv(index=False))
    return file, [] if table else _SECTION


_SECTION = [
    "tables:",
    "  lift_tests:",
    f"    source: {NEW_FILE}",
    "    region: region",
    "    x: null",
    "    start_week: start_week",
    "    end_week: end_week",
]


def _column(found: pd.DataFrame, file: Path, role: str, asked: str | None) -> str | None:
    if asked is not None:
        if asked not in found:
            raise Unusable(f"{file} has no column {asked!r}; it has {list(found.columns)}")
        return asked
    usual = [column for column in found if str(column).strip().lower() in _KNOWN[role]]
    if len(usual) == 1:
        return str(usual[0])
    if role in ("region", "spend") and not usual:
        return None
    what, option = "several columns" if usual else "no column", _OPTION.get(role, role)
    raise Unusable(
        f"{file} has {what} that may be the {role}, of {list(found.columns)}: name it (--{option})"
    )


def _require_known(wrong: pd.Series, file: Path, column: str, what: str) -> None:
    if wrong.any():
        first = int(wrong.to_numpy().argmax()) + 2
        raise Unusable(
            f"{file}: {int(wrong.sum())} cells of {column} are not {what}, the first in line "
            f"{first}"
        )
