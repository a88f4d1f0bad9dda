"""Tables that are recognised, as frames beside those whose columns are guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from mmm_assets.guessing.frame import Frame, GuessError, InitOptions
from mmm_assets.guessing.known_tables import KPIS
from mmm_assets.guessing.places import find_places, is_database
from mmm_assets.guessing.profile import TableProfile
from mmm_assets.guessing.queries import Query
from mmm_assets.guessing.recognise import Recognised, choose_media, recognise
from mmm_assets.guessing.recognised_query import currencies, has_own_days, kpi_query, media_query
from mmm_assets.guessing.servers import server_frames, server_places
from mmm_assets.store.sql_text import quote_text


class RecognisedFrames:
    """Frames of the tables among some files that are known, and what they settle.

    Parameters
    ----------
    scratch
        Folder for the results of the queries.

    Raises
    ------
    GuessError
        If a database cannot be opened or holds nothing that is known, a value is not what its
        column should hold, or money of several currencies would be summed.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        files: Sequence[Path],
        options: InitOptions,
        scratch: Path,
    ) -> None:
        self._connection, self._scratch = connection, scratch
        self.said: list[str] = []
        self.options = options
        self.frames: list[Frame] = []
        servers = server_places(connection, options.servers)
        media, kpis = recognise(connection, [*find_places(connection, files), *servers])
        known = [table.place for table in (*media, *kpis)]
        self._unread = _not_read(files, [*media, *kpis])
        self._others = [place for place in servers if place not in known]
        self._require_a_kpi_beside_media(files, bool(media), bool(kpis))
        try:
            chosen = choose_media(connection, media, self.said)
            kpi = self._choose_kpi(kpis)
            self._settle_currency([*chosen, *([kpi] if kpi else [])])
            if chosen:
                self._add_media(chosen)
            if kpi:
                self._add_kpi(kpi)
            if len(self.frames) < 2:
                others = (connection, self._others, self.options, scratch, self.said)
                self.frames += server_frames(*others)
        except duckdb.Error as error:
            names = ", ".join(f"'{t.place.name}' ({t.known.what})" for t in (*media, *kpis))
            raise GuessError(
                f"{names}: the columns are known, and a value is not as it should be: "
                f"{str(error).splitlines()[0]}. Mend it, or name the columns from --week on"
            ) from error

    def rest(self, given: Sequence[Path]) -> list[Path]:
        """Files that are still to be guessed; of a folder only while a role has no table."""
        if len(self.frames) < 2:
            return self._unread
        named = {path.resolve() for path in given}
        self.said += [
            f"Left out  '{file.name}': it is not a table that is known; give it by name to use it"
            for file in self._unread
            if file not in named
        ]
        return [file for file in self._unread if file in named]

    def _add_media(self, tables: Sequence[Recognised]) -> None:
        query = media_query(self._connection, tables, self.options.out)
        frame = self._frame("media", query)
        frame = replace(frame, channel=frame.profile.column("channel"))
        self.frames.append(frame)
        for table in tables:
            self._say(table, "media by day; a channel is a platform" + _and_type(table))
        rows = self._connection.execute(f"SELECT DISTINCT channel FROM ({query.here}) ORDER BY 1")
        self.said.append(f"          channels: {', '.join(str(row[0]) for row in rows.fetchall())}")
        self.said.append(
            "          days are those of the time zone of each ad account; exposure is "
            "impressions, of search campaigns clicks where their type is told"
        )

    def _choose_kpi(self, tables: Sequence[Recognised]) -> Recognised | None:
        """The table of the first kind; none where ``--kpi`` is of a table that is guessed."""
        asked = self.options.kpi
        fitting = [t for t in tables if asked is None or asked in t.known.measures]
        if not fitting and not (self._unread or self._others):
            fitting = list(tables)
        fitting.sort(key=lambda t: KPIS.index(t.known))
        alike = [t.place.name for t in fitting if t.known is fitting[0].known]
        if len(alike) > 1:
            raise GuessError(
                f"{', '.join(alike)} are each {fitting[0].known.what}, and it is not known whether "
                "they add up. Give one of them, or a table or view of all"
            )
        self.said += [
            f"Left out  '{t.place.name}': {t.known.what}; it is not the KPI"
            for t in tables
            if t not in fitting[:1]
        ]
        return fitting[0] if fitting else None

    def _add_kpi(self, table: Recognised) -> None:
        options = self.options
        query, kpi = kpi_query(self._connection, table, options.kpi, options.time_zone, options.out)
        self.frames.append(self._frame("kpi", query))
        self.options = replace(options, kpi=kpi)
        self._say(table, f"KPI '{kpi}' by day")
        self.said += [f"          {line}" for line in table.known.said]
        self.said += [*_not_told(table), *self._about_amounts(table)]

    def _about_amounts(self, table: Recognised) -> list[str]:
        said = []
        column = table.cells["total"].sql.strip('"') if "total" in table.cells else ""
        if column.endswith("total_price") and "current" not in column:
            said.append("          revenue is as ordered: no column says what was refunded in part")
        elif column:
            said.append(f"          revenue is {column}, less what was refunded")
        zone = self.options.time_zone
        if zone:
            said.append(f"          days are those of {zone}")
        elif table.known.is_moment and has_own_days(self._connection, table):
            said.append("          days are those of the shop's own time zone, as they are written")
        elif table.known.is_moment:
            said.append(
                "          days are those of UTC, in which the times are written; give the shop's "
                "zone with --time-zone, e.g. Europe/Berlin"
            )
        return said

    def _say(self, table: Recognised, role: str) -> None:
        self.said.append(f"Recognised '{table.place.name}': {table.known.what}; {role}")

    def _frame(self, name: str, query: Query) -> Frame:
        """Run a query once, to look at what a refresh will read."""
        file = self._scratch / f"{name}.parquet"
        self._connection.execute(
            f"COPY (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({query.here}\n)) "
            f"TO {quote_text(str(file))} (FORMAT PARQUET)"
        )
        profile = TableProfile(self._connection, file, f"recognised_{name}")
        if profile.rows == 0:
            tables = ", ".join(place.name for place in query.places)
            raise GuessError(f"{tables}: nothing is left of it. Deliver it with its rows")
        day = profile.column("day")
        assert day is not None
        return Frame(profile, day, None, False, None, query=query)

    def _require_a_kpi_beside_media(
        self, files: Iterable[Path], has_media: bool, has_kpi: bool
    ) -> None:
        known = "; ".join(row.what for row in KPIS)
        if not (has_media or has_kpi or self._others) and any(map(is_database, files)):
            raise GuessError(
                "no table of the database is known. Export those that you mean, or write "
                "tables.*.sql yourself: queries.attach names the database"
            )
        if has_media and not has_kpi and not (self._unread or self._others):
            raise GuessError(
                f"media are recognised, and no table of a KPI ({known}). Give one beside it, a "
                "row a day or week"
            )

    def _settle_currency(self, tables: Sequence[Recognised]) -> None:
        found = {t.place.name: currencies(self._connection, t) for t in tables}
        codes = sorted({code for codes in found.values() for code in codes})
        if len(codes) > 1:
            where = ", ".join(f"'{name}' {'+'.join(c)}" for name, c in found.items() if c)
            raise GuessError(
                f"money is in {' and '.join(codes)} ({where}), which cannot be summed. Give a "
                "table or view of one currency"
            )
        if codes:
            self.options = replace(self.options, currency=self.options.currency or codes[0])
            self.said.append(f"Currency  {codes[0]}, as the tables say")
        elif tables:
            self.said.append(
                "Currency  no column says it: correct 'currency' in mmm.yaml; accounts of several "
                "currencies must not be summed"
            )


def _not_told(table: Recognised) -> Iterator[str]:
    """What a table of orders does not say, as loaders leave out a column without a value."""
    for word, meaning in (("cancelled", "was cancelled"), ("test", "is a test")):
        if word in table.known.may and word not in table.cells:
            yield (
                f"          no column says yet whether an order {meaning}: run 'mmm init' again "
                "when there is one"
            )


def _and_type(table: Recognised) -> str:
    return " and a type of campaign" if "type" in table.cells else ""


def _not_read(files: Sequence[Path], recognised: Sequence[Recognised]) -> list[Path]:
    """Files that no recognised table reads; their columns are guessed."""
    read: Any = [(t.place.path.parent, t.place.path.name) for t in recognised]
    return [
        file
        for file in files
        if not is_database(file)
        and not any(file.parent == parent and file.match(name) for parent, name in read)
    ]
