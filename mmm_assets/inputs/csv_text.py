"""Read a CSV file as people export it: its encoding, its delimiter, the lines around the table.

Above a table stand titles, notes and ``sep=;``, below it totals and sources. What is no part of
the table is left out; ``TOTALS`` and ``NOTES`` say by what words it is known.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

_CHUNK = 1 << 20
_DELIMITERS = ",;\t|"
_LOOKED_AT = 60
"""Lines at the beginning in which the table must begin."""
_TAIL = 1 << 14
"""Bytes at the end in which notes and totals are looked for."""
_MOST_NOTES = 12
"""Lines below a table; more of them are rows, such as those of a region called Total."""
_LATIN_PAGES = ("cp1252", "cp1250", "cp1254", "cp1257", "mac_roman", "cp850")
_OTHER_PAGES = ("cp1251", "koi8_r", "cp1253", "shift_jis", "gb18030", "big5", "euc_kr")
"""What a file that is not UTF-8 may be written in: with Latin letters, and with others."""
_LETTER = r"[^\W\d_]"
_STRANGE = re.compile(
    rf"(?<!{_LETTER})[À-ÖØ-Þ](?!{_LETTER})"  # a capital that is a word
    r"|(?<=[a-zß-öø-ÿ])[À-ÖØ-ÞŒŠŸŽ]"  # a capital within a word
    rf"|(?<={_LETTER})(?:[^\x00-\x7f\w’‘]|[¹²³])(?={_LETTER})"  # a symbol within a word
    rf"|(?<={_LETTER})[¿¡]"  # a mark of Spanish that ends one
    "|[ˇ\u2500-\u259f]"  # an accent without its letter, pieces of frames
)
"""What text has that is read by a code page it was not written in."""
_NOT_WESTERN = re.compile("[ŠšŽžÐðÝýÞþ]")
"""Letters of code page 1252 by which others are known: few of its languages have them."""

TOTALS = frozenset(
    (
        *("total", "totals", "grand total", "grand totals", "sum", "overall", "sum total"),
        *("summe", "gesamt", "gesamtsumme", "gesamtergebnis", "total general", "total général"),
        *("totaux", "somme", "totale", "suma", "итого", "всего", "总计", "合计", "合計"),
    )
)
"""First cell of a row that sums the rows above it."""

NOTES = (
    *("*", "source:", "sources:", "quelle:", "note:", "notes:", "hinweis", "anmerkung", "remark"),
    *("generated ", "exported ", "created ", "erstellt ", "stand:", "report ", "copyright", "©"),
)
"""How a line begins that says something about the table."""


class NotText(ValueError):
    """A file is no CSV file; the message says what it is."""


@dataclass(frozen=True)
class CsvText:
    """Encoding, delimiter and columns of a CSV file.

    Parameters
    ----------
    skipped
        Lines before the header.
    notes
        Whether there are notes or totals below the table.
    """

    encoding: str
    delimiter: str
    columns: list[str]
    skipped: int = 0
    notes: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB can read the file as it is."""
        return not self.skipped and not self.notes and self.encoding in ("utf-8", "utf-16")


def look_at(file: Path) -> CsvText:
    """Find out the encoding, the delimiter, the header, and what is no part of the table.

    Raises
    ------
    NotText
        If it is not text.
    csv.Error, EOFError, OSError, UnicodeError, zlib.error
        If it is broken.
    """
    with open_bytes(file) as stream:
        start = stream.read(4)
        if start.startswith(b"PK\x03\x04"):
            raise NotText("a spreadsheet or an archive; save the table as CSV, XLSX or Parquet")
        encoding = _encoding(start, stream)
    if encoding is None:
        raise NotText("it is binary, not text")
    with open_text(file, encoding) as text:
        lines = list(islice(text, _LOOKED_AT))
    delimiter, skipped, columns = find_table(lines)
    return CsvText(
        encoding,
        delimiter,
        [name.strip() for name in columns],
        skipped,
        _has_notes(file, encoding, delimiter, len(columns)),
    )


def find_table(lines: list[str]) -> tuple[str, int, list[str]]:
    """Find the delimiter, the lines above the header, and the header in a file's first lines."""
    said = re.match(r"\s*\"?sep=(.)\"?\s*$", lines[0]) if lines else None
    first = next((line for line in lines if line.strip()), "")
    # The first line decides where the table begins with it, as most do.
    choices = [said[1]] if said else sorted(_DELIMITERS, key=_outside(first).count, reverse=True)
    tables = [table for table in (_table_by(lines, mark) for mark in choices) if table]
    for table in tables[:1]:
        if table.above == 0 and table.delimiter == choices[0]:
            return table.delimiter, 0, table.header
    if tables:
        best = max(tables, key=lambda table: table.fit)
        return best.delimiter, best.above, best.header
    rows = [row for row in csv.reader(lines, delimiter=choices[0]) if row]
    return choices[0], 0, rows[0] if rows else []


@dataclass(frozen=True)
class _Table:
    """A table as one delimiter shows it; ``fit`` is greater, the more it looks like one."""

    delimiter: str
    above: int
    header: list[str]
    fit: tuple[float, ...]


def _table_by(lines: list[str], delimiter: str) -> _Table | None:
    """Find the header: the first row of the usual width that is filled as the others are."""
    reader = csv.reader(lines, delimiter=delimiter)
    rows, ends = [], []
    for row in reader:
        rows.append(row)
        ends.append(reader.line_num)
    found = find_header(rows)
    if found is None:
        return None
    place, usual = found
    names = not any(re.match(r"[-+]?\d[\d.,\s]*$", cell) for cell in rows[place])
    share = sum(len(row) == usual for row in rows) / len(rows)
    above = ends[place - 1] if any(map(any, rows[:place])) else 0
    return _Table(delimiter, above, rows[place], (names, share, usual))


def find_header(rows: Sequence[list[str]]) -> tuple[int, int] | None:
    """Find the first row of the usual width that is filled as the others are: place and width."""
    rows = rows[:_LOOKED_AT]
    widths = Counter(len(row) for row in rows if any(row))
    usual = max(widths, key=lambda width: (widths[width], width), default=0)
    if usual < 2:
        return None
    filled = sorted(sum(map(bool, map(str.strip, row))) for row in rows if len(row) == usual)
    fewest = max(min(2, usual - 1), filled[len(filled) // 2] // 2)
    return next(
        (
            (place, usual)
            for place, row in enumerate(rows)
            if len(row) == usual and sum(bool(cell.strip()) for cell in row) >= fewest
        ),
        None,
    )


def table_rows(file: Path, text: CsvText) -> Iterator[list[str]]:
    """Rows of the table below its header, without what stands around it."""
    with open_text(file, text.encoding) as stream:
        rows = csv.reader(islice(stream, text.skipped, None), delimiter=text.delimiter)
        next((row for row in rows if any(row)), None)
        yield from without_notes(rows, len(text.columns))


def without_notes(rows: Iterable[list[str]], width: int) -> Iterator[list[str]]:
    """Leave out the last rows if they are notes or totals; one in the midst stays, to be told."""
    held: list[list[str]] = []
    for row in rows:
        held.append(row)
        if not is_note(row, width):
            yield from held
            held = []
    if len(held) > _MOST_NOTES:
        yield from held


def is_note(row: list[str], width: int) -> bool:
    """Whether a row at the end of a table is none of its rows; a torn row is one of them."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if not filled:
        return True
    label = filled[0].lower()
    sentence = len(filled) == 1 and width > 2 and " " in label and not label[0].isdigit()
    return sentence or label.rstrip(":") in TOTALS or label.startswith(NOTES)


def open_text(file: Path, encoding: str) -> io.TextIOWrapper:
    """Open a file as text; without the mark that may stand before UTF-8."""
    decoder = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(open_bytes(file), encoding=decoder, newline="")


def open_bytes(file: Path) -> IO[bytes]:
    """Open a file, unpacked if it is compressed by gzip."""
    with file.open("rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(file) if compressed else file.open("rb")  # type: ignore[return-value]


def _outside(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _has_notes(file: Path, encoding: str, delimiter: str, width: int) -> bool:
    """Whether the last rows are no rows of the table."""
    if encoding == "utf-16" or width < 2:
        return False
    with open_bytes(file) as stream:
        end = b""
        while chunk := stream.read(_CHUNK):
            end = (end + chunk)[-_TAIL:]
    lines = end.decode(encoding, errors="replace").splitlines()[1:]
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error:
        return False
    return bool(rows) and is_note(rows[-1], width)


def _encoding(start: bytes, stream: IO[bytes]) -> str | None:
    """UTF-8 if all of it decodes, UTF-16 by its mark, else a code page; None if binary."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decode = codecs.getincrementaldecoder("utf-8")()
    is_utf_8 = True
    other: list[bytes] = []
    chunk = start
    while chunk:
        if b"\0" in chunk:
            return None
        if is_utf_8:
            try:
                decode.decode(chunk)
            except UnicodeDecodeError:
                is_utf_8 = False
        if not is_utf_8 and len(other) < 2:
            other.append(chunk)
        chunk = stream.read(_CHUNK)
    return "utf-8" if is_utf_8 else _code_page(start + b"".join(other))


def _code_page(content: bytes) -> str:
    """Code page that makes the most of the lines with letters beyond ASCII."""
    lines = b"\n".join([line for line in content.splitlines() if not line.isascii()][:200])
    runs = re.findall(rb"[\x80-\xff]+", lines)
    # In Latin text letters beyond ASCII stand alone; elsewhere words are made of them.
    is_latin = sum(map(len, runs)) < 2.5 * len(runs)
    pages = _plausible(lines) if is_latin else list(_OTHER_PAGES)
    found = from_bytes(lines, cp_isolation=pages).best()
    alike = [page for page in pages if found and _decoded(lines, page) == str(found)]
    for choice in (*alike, *([found.encoding] if found else []), "cp1252"):
        if _decoded(content, choice) is not None:
            return choice
    return "latin-1"


def _plausible(lines: bytes) -> list[str]:
    """Latin code pages by which the fewest characters stand where none of their kind does."""
    texts = {page: _decoded(lines, page) for page in _LATIN_PAGES}
    strange = {page: len(_STRANGE.findall(text)) for page, text in texts.items() if text}
    pages = [page for page in strange if strange[page] == min(strange.values())]
    if "cp1252" not in pages or len(pages) == 1:
        return pages or list(_LATIN_PAGES)
    # A few words do not tell the languages of Europe apart: by far the most files are of this one.
    western = not _NOT_WESTERN.search(texts["cp1252"] or "")
    return ["cp1252"] if western else pages[1:]


def _decoded(content: bytes, page: str) -> str | None:
    try:
        return content.decode(page)
    except UnicodeDecodeError:
        return None
