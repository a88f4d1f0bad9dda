"""Recognise tables that connectors and shops deliver, and choose those that make a project.

What the tables look like stands in ``known_tables``. One platform's money often lies in several
tables, once by account, once by campaign, once by ad: one of them is chosen, and the others are
told. Each role becomes one query, which ``written_query`` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb

from mmm_assets.guessing.known_tables import FINER, KPIS, MEDIA, KnownKpi, KnownMedia, Spellings
from mmm_assets.guessing.queries import Place
from mmm_assets.store.sql_text import quote, quote_text

Known = TypeVar("Known", KnownMedia, KnownKpi)

_SAME_AS = {"facebook": "meta", "bing": "microsoft"}


@dataclass(frozen=True)
class Cell:
    """A column, or a field inside one: its SQL, and DuckDB's type of it."""

    sql: str
    type: str


@dataclass(frozen=True)
class Recognised:
    """A table that is known.

    Parameters
    ----------
    cells
        Word of the known table → its column.
    finer
        Whether its rows split campaigns further, or do not tell campaigns apart at all.
    """

    place: Place
    known: Any
    cells: Mapping[str, Cell]
    finer: bool = False

    @property
    def platform_of_name(self) -> str:
        """Platform that the table's name says, in small letters."""
        named = getattr(self.known, "named", None)
        match = re.fullmatch(named, self.place.name, re.IGNORECASE) if named else None
        return re.sub(r"\W+", "_", match["platform"].lower()) if match else ""

    def sql(self, text: str) -> str:
        """Put the columns into a text whose words are all there."""
        cells = {word: cell.sql for word, cell in self.cells.items()}
        return text.format(**cells, platform_of_name=self.platform_of_name)


def recognise(
    connection: duckdb.DuckDBPyConnection, places: Sequence[Place]
) -> tuple[list[Recognised], list[Recognised]]:
    """Find the tables of media and of KPIs that are known, in the order of the places."""
    media, kpis = [], []
    for place in places:
        cells = _cells(connection, place)
        if found := _first(MEDIA, place, cells):
            media.append(found)
        elif kpi := _first(KPIS, place, cells):
            kpis.append(kpi)
    return media, kpis


def _first(
    known: Sequence[KnownMedia] | Sequence[KnownKpi], place: Place, cells: Mapping[str, Cell]
) -> Recognised | None:
    for row in known:
        named = getattr(row, "named", None)
        if named and not re.fullmatch(named, place.name, re.IGNORECASE):
            continue
        needs = {word: _spelt(cells, spellings) for word, spellings in row.needs.items()}
        if all(needs.values()):
            may = {word: _spelt(cells, spellings) for word, spellings in row.may.items()}
            words = {word: cell for word, cell in {**may, **needs}.items() if cell}
            finer = any(name.startswith(FINER) for name in cells) or "campaign" not in words
            return Recognised(place, row, words, finer)
    return None


def _spelt(cells: Mapping[str, Cell], spellings: Spellings) -> Cell | None:
    return next((cells[name] for name in spellings if name in cells), None)


def _cells(connection: duckdb.DuckDBPyConnection, place: Place) -> dict[str, Cell]:
    """Columns of a table and fields of its structs and JSON, by their letters and digits."""
    try:
        relation = connection.sql(f"FROM {place.here}")
        types = dict(zip(relation.columns, relation.types, strict=True))
        texts = [name for name, type_ in types.items() if str(type_) in ("JSON", "VARCHAR")]
        objects = dict(_objects(connection, place, texts))
    except duckdb.Error:
        return {}  # no table that a query can read: the usual look says what is wrong with it
    found: dict[str, Cell] = {}
    for name, type_ in types.items():
        found.setdefault(_letters(name), Cell(quote(name), str(type_)))
        if type_.id == "struct":
            for field, inner in type_.children:
                cell = Cell(f"{quote(name)}.{quote(field)}", str(inner))
                found.setdefault(_letters(name + field), cell)
        for key in objects.get(name, ()):
            path = quote_text(f'$."{key}"')
            cell = Cell(f"json_extract_string({quote(name)}, {path})", "VARCHAR")
            found.setdefault(_letters(name + key), cell)
    return found


def _objects(
    connection: duckdb.DuckDBPyConnection, place: Place, names: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    """Columns of text that hold JSON objects, with the keys of the first of them."""
    if not names:
        return
    firsts = ", ".join(f"any_value({quote(n)}) FILTER ({quote(n)} LIKE '{{%')" for n in names)
    row = connection.execute(f"SELECT {firsts} FROM (FROM {place.here} LIMIT 1000)").fetchone()
    for name, text in zip(names, row or (), strict=False):
        keys = connection.execute("SELECT json_keys(try_cast(? AS JSON))", [text]).fetchone()
        if keys and keys[0]:
            yield name, keys[0]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def choose_media(
    connection: duckdb.DuckDBPyConnection, found: Sequence[Recognised], said: list[str]
) -> list[Recognised]:
    """Leave out tables that hold money which another one holds, too.

    The table of most platforms goes first, campaigns before accounts, ads and keywords, then what
    holds the most money. A further table of a platform stays if it is of other campaigns.
    """
    spent = {table.place: _spent(connection, table) for table in found}
    money = {place: sum(by_platform.values()) for place, by_platform in spent.items()}
    order = sorted(found, key=lambda t: (-len(spent[t.place]), t.finer, -money[t.place]))
    kept: list[Recognised] = []
    for table in order:
        other = next((k for k in kept if _same_money(connection, k, table, spent)), None)
        if other is None:
            kept.append(table)
        else:
            said.append(
                f"Left out  '{table.place.name}': '{other.place.name}' holds the same platforms' "
                f"spend, {money[other.place]:,.0f} in all, and this one {money[table.place]:,.0f}"
            )
    return kept


def _spent(connection: duckdb.DuckDBPyConnection, table: Recognised) -> dict[str, float]:
    """Platform → what was spent there."""
    rows = connection.execute(
        f"SELECT {table.sql(table.known.platform)}, sum({table.sql(table.known.spend)}) "
        f"FROM {table.place.here} GROUP BY 1"
    ).fetchall()
    found: dict[str, float] = {}
    for platform, spend in rows:
        plain = re.sub(r"_ads$", "", str(platform).lower())
        found[_SAME_AS.get(plain, plain)] = float(spend or 0)
    return found


def _same_money(
    connection: duckdb.DuckDBPyConnection,
    kept: Recognised,
    table: Recognised,
    spent: Mapping[Place, Mapping[str, float]],
) -> bool:
    if not spent[kept.place].keys() & spent[table.place].keys():
        return False
    if "campaign" not in kept.cells or "campaign" not in table.cells:
        return True
    campaigns = [
        f"SELECT CAST({t.cells['campaign'].sql} AS VARCHAR) FROM {t.place.here}"
        for t in (kept, table)
    ]
    shared = connection.execute(f"SELECT count(*) FROM ({' INTERSECT '.join(campaigns)})")
    return bool((shared.fetchone() or (0,))[0])
