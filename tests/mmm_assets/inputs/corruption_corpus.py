"""Ways in which a delivery goes wrong, as code: what people and exports do to tables.

Each kind spoils one table of a project, at random cells. The text of a table is spoilt, not its
numbers, so that anything can be written; kinds of the file spoil its bytes.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

Rng = np.random.Generator
OfFrame = Callable[[Rng, pd.DataFrame, str], pd.DataFrame]
OfBytes = Callable[[Rng, bytes], bytes | None]

NUMBERS = {
    "media": ("spend", "impressions"),
    "kpi": ("sales", "value_per_unit"),
    "controls": ("price_index", "brand_interest"),
}
NAMES = {"media": ("region", "channel"), "kpi": ("region",), "controls": ("region",)}


@dataclass(frozen=True)
class Corruption:
    """One spoilt delivery: which kind, of which table, at which random cells."""

    kind: str
    table: str
    seed: int
    spoil_frame: OfFrame | None = None
    spoil_bytes: OfBytes | None = None

    @property
    def name(self) -> str:
        return f"{self.table}: {self.kind} #{self.seed}"

    def write(self, clean: Path, folder: Path) -> None:
        """Write the spoilt table into a folder that holds a clean copy."""
        # Texts have hashes of their own in every process; the sum of bytes is the same in all.
        rng = np.random.default_rng([self.seed, sum(self.name.encode())])
        source, target = clean / f"{self.table}.csv", folder / f"{self.table}.csv"
        if self.spoil_frame:
            frame = pd.read_csv(source, dtype=str, keep_default_na=False)
            self.spoil_frame(rng, frame, self.table).to_csv(target, index=False)
            return
        assert self.spoil_bytes is not None
        spoilt = self.spoil_bytes(rng, source.read_bytes())
        target.unlink()
        if spoilt is not None:
            target.write_bytes(spoilt)


def corpus(seeds: int) -> Iterator[Corruption]:
    """Every kind on every table that it fits, at ``seeds`` places; files once."""
    for table in NUMBERS:
        for kind, of_frame in {**_CELLS, **_ROWS, **_SERIES.get(table, {})}.items():
            for seed in range(seeds):
                yield Corruption(kind, table, seed, spoil_frame=of_frame)
        for kind, of_frame in _COLUMNS.items():
            yield Corruption(kind, table, 0, spoil_frame=of_frame)
        for kind, of_bytes in _FILES.items():
            yield Corruption(kind, table, 0, spoil_bytes=of_bytes)


def _filled(rng: Rng, frame: pd.DataFrame, table: str) -> tuple[int, str]:
    """A random row and column of numbers in which there is a number above 0."""
    column = str(rng.choice(NUMBERS[table]))
    rows = np.flatnonzero(pd.to_numeric(frame[column], errors="coerce") > 0)
    return int(rng.choice(rows)), column


def _write(*texts: str) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        row, column = _filled(rng, frame, table)
        frame.loc[row, column] = str(rng.choice(texts))
        return frame

    return spoil


def _alter(change: Callable[[str], str]) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        row, column = _filled(rng, frame, table)
        frame.loc[row, column] = change(frame.loc[row, column])
        return frame

    return spoil


def _times(factor: float) -> Callable[[str], str]:
    return lambda text: f"{float(text) * factor:.6g}"


def _week(change: Callable[[str], str]) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        row = int(rng.integers(len(frame)))
        frame.loc[row, "week"] = change(frame.loc[row, "week"])
        return frame

    return spoil


def _days(number: int) -> Callable[[str], str]:
    return lambda text: str((pd.Timestamp(text) + pd.Timedelta(days=number)).date())


def _name(change: Callable[[str], str]) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        row, column = int(rng.integers(len(frame))), str(rng.choice(NAMES[table]))
        frame.loc[row, column] = change(frame.loc[row, column])
        return frame

    return spoil


_CELLS: dict[str, OfFrame] = {
    "text in a number": _write("abc", "12 apples", "#REF!", "1.2.3", "--5", "1O0", "twelve"),
    "infinite": _write("inf", "-Infinity", "1e400"),
    "negative": _alter(lambda text: f"-{text}"),
    "cell emptied": _write("", "NA", "null", "-"),
    "decimal comma": _alter(lambda text: f"{float(text):.2f}".replace(".", ",")),
    "thousands grouped": _alter(lambda text: f"{float(text):,.3f}"),
    "times 100": _alter(_times(100)),
    "times 1000": _alter(_times(1000)),
    "times 0.001": _alter(_times(0.001)),
    "times 1.2": _alter(_times(1.2)),
    "week is no date": _week(lambda _: "someday"),
    "week emptied": _week(lambda _: ""),
    "month 13": _week(lambda text: f"{text[:5]}13{text[7:]}"),
    "week a day early": _week(_days(-1)),
    "week a day late": _week(_days(1)),
    "week a week late": _week(_days(7)),
    "week a year early": _week(_days(-364)),
    "week a century early": _week(lambda text: f"19{text[2:]}"),
    "week in the future": _week(lambda text: f"204{text[3:]}"),
    "name in capitals": _name(str.upper),
    "name misspelt": _name(lambda text: text[:-1] + ("x" if text[-1:] != "x" else "y")),
    "name emptied": _name(lambda _: ""),
    "name with spaces around": _name(lambda text: f"  {text} "),
}


def _duplicate(factor: float) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        row, column = _filled(rng, frame, table)
        again = frame.iloc[[row]].copy()
        again[column] = f"{float(again[column].item()) * factor:.6g}"
        return pd.concat([frame, again], ignore_index=True)

    return spoil


def _drop_rows(number: int) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        return frame.drop(index=rng.choice(len(frame), number, replace=False))

    return spoil


def _drop_region(last: int) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        region = rng.choice(frame["region"].unique())
        weeks = sorted(frame["week"].unique())[-last:]
        return frame[~((frame["region"] == region) & frame["week"].isin(weeks))]

    return spoil


def _drop_week(place: int | None) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        weeks = sorted(frame["week"].unique())
        gone = weeks[int(rng.integers(20, 100)) if place is None else place]
        return frame[frame["week"] != gone]

    return spoil


_ROWS: dict[str, OfFrame] = {
    "row twice": _duplicate(1.0),
    "row twice with another value": _duplicate(1.1),
    "row lost": _drop_rows(1),
    "rows lost": _drop_rows(25),
    "region lost": _drop_region(1000),
    "region's last weeks lost": _drop_region(6),
    "inner week lost": _drop_week(None),
    "newest week lost": _drop_week(-1),
    "rows in another order": lambda rng, frame, _: frame.sample(
        frac=1, random_state=int(rng.integers(1000))
    ),
}


def _tail(weeks: int, change: Callable[[pd.Series], pd.Series], by: str = "region") -> OfFrame:
    """Change a column in the last weeks of one region or channel."""

    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        column = str(rng.choice(NUMBERS[table]))
        rows = frame[by] == rng.choice(frame[by].unique())
        rows &= frame["week"].isin(sorted(frame["week"].unique())[-weeks:])
        frame.loc[rows, column] = change(pd.to_numeric(frame.loc[rows, column])).astype(str)
        return frame

    return spoil


def _all(column: str, change: Callable[[pd.Series], pd.Series]) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        frame[column] = change(pd.to_numeric(frame[column])).astype(str)
        return frame

    return spoil


def _channel_off(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
    rows = frame["channel"] == rng.choice(frame["channel"].unique())
    rows &= frame["week"].isin(sorted(frame["week"].unique())[-30:])
    frame.loc[rows, list(NUMBERS["media"])] = "0"
    return frame


def _channel_copied(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
    one, other = rng.choice(frame["channel"].unique(), 2, replace=False)
    source = frame[frame["channel"] == one].set_index(["week", "region"])
    target = frame["channel"] == other
    keys = pd.MultiIndex.from_frame(frame.loc[target, ["week", "region"]])
    for column in NUMBERS["media"]:
        frame.loc[target, column] = source[column].reindex(keys).to_numpy()
    return frame


def _channel_lost(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
    return frame[frame["channel"] != rng.choice(frame["channel"].unique())]


def _channel_half(column: str) -> OfFrame:
    def spoil(rng: Rng, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        rows = frame["channel"] == rng.choice(frame["channel"].unique())
        rows &= frame["week"] > str(rng.choice(sorted(frame["week"].unique())[40:90]))
        frame.loc[rows, column] = "0"
        return frame

    return spoil


_SERIES: dict[str, dict[str, OfFrame]] = {
    "media": {
        "last 4 weeks times 1000": _tail(4, lambda x: x * 1000, "channel"),
        "last year times 100": _tail(52, lambda x: x * 100, "channel"),
        "region's last 8 weeks times 0.01": _tail(8, lambda x: x / 100),
        "channel zero for 30 weeks": _channel_off,
        "channel copied from another": _channel_copied,
        "channel lost": _channel_lost,
        "exposure stops while spend goes on": _channel_half("impressions"),
        "spend stops while exposure goes on": _channel_half("spend"),
        "spend in cents": _all("spend", lambda x: x * 100),
    },
    "kpi": {
        "last 4 weeks times 1000": _tail(4, lambda x: x * 1000),
        "last year times 0.01": _tail(52, lambda x: x / 100),
        "frozen for 6 weeks": _tail(6, lambda x: x * 0 + float(x.iloc[0])),
        "zero for 3 weeks": _tail(3, lambda x: x * 0),
        "constant": _all("sales", lambda x: x * 0 + 7),
        "always zero": _all("sales", lambda x: x * 0),
        "in thousands": _all("sales", lambda x: x / 1000),
    },
    "controls": {
        "last 4 weeks times 1000": _tail(4, lambda x: x * 1000),
        "constant": _all("price_index", lambda x: x * 0 + 1),
    },
}


_COLUMNS: dict[str, OfFrame] = {
    "column lost": lambda _, frame, table: frame.drop(columns=NUMBERS[table][0]),
    "week column lost": lambda _, frame, table: frame.drop(columns="week"),
    "column renamed": lambda _, frame, table: frame.rename(
        columns={NUMBERS[table][0]: f"{NUMBERS[table][0]} (EUR)"}
    ),
    "header in capitals": lambda _, frame, table: frame.rename(columns=str.upper),
    "column there twice": lambda _, frame, table: pd.concat(
        [frame, frame[[NUMBERS[table][0]]]], axis=1
    ),
    "column added": lambda _, frame, table: frame.assign(note="fine"),
    "columns in another order": lambda _, frame, table: frame[frame.columns[::-1]],
    "numbers swapped": lambda _, frame, table: frame.rename(
        columns=dict(zip(NUMBERS[table], NUMBERS[table][::-1], strict=True))
    ),
    "dates as day/month/year": lambda _, frame, table: frame.assign(
        week=pd.to_datetime(frame["week"]).dt.strftime("%d/%m/%Y")
    ),
    "dates with times": lambda _, frame, table: frame.assign(week=frame["week"] + " 00:00:00"),
    "dates as numbers of a spreadsheet": lambda _, frame, table: frame.assign(
        week=(pd.to_datetime(frame["week"]) - pd.Timestamp("1899-12-30")).dt.days.astype(str)
    ),
    "only 20 weeks": lambda _, frame, table: frame[
        frame["week"].isin(sorted(frame["week"].unique())[-20:])
    ],
    "one week": lambda _, frame, table: frame[frame["week"] == frame["week"].max()],
    "every name emptied": lambda _, frame, table: frame.assign(region=""),
}


def _line(change: Callable[[bytes], bytes]) -> OfBytes:
    """Change one line in the middle."""

    def spoil(rng: Rng, content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        row = int(rng.integers(10, len(lines)))
        lines[row] = change(lines[row])
        return b"".join(lines)

    return spoil


_FILES: dict[str, OfBytes] = {
    "file missing": lambda _, content: None,
    "file empty": lambda _, content: b"",
    "header alone": lambda _, content: content.splitlines(keepends=True)[0],
    "cut in the middle of a row": lambda _, content: content[: len(content) // 2 + 3],
    "binary": lambda rng, content: rng.bytes(5000),
    "a spreadsheet": lambda rng, content: b"PK\x03\x04" + rng.bytes(5000),
    "a broken Parquet file": lambda rng, content: b"PAR1" + rng.bytes(5000),
    "a web page": lambda _, content: b"<!doctype html><html><body>Sign in</body></html>\n" * 9,
    "JSON": lambda _, content: b'{"error": "quota exceeded", "rows": []}\n',
    "a zero byte inside": _line(lambda line: line[:5] + b"\0" + line[5:]),
    "a quote that never ends": _line(lambda line: b'"' + line),
    "a field too many": _line(lambda line: line.rstrip() + b",7\n"),
    "a field too few": _line(lambda line: line.rpartition(b",")[0] + b"\n"),
    "a line of totals below": lambda _, content: content + b"Total" + b",".join([b""] * 4) + b"\n",
    "a title above": lambda _, content: b"Weekly export of 22 June\n" + content,
    "empty lines between": lambda _, content: content.replace(b"\n", b"\n\n", 400),
    "Windows line ends": lambda _, content: content.replace(b"\n", b"\r\n"),
    "byte order mark": lambda _, content: b"\xef\xbb\xbf" + content,
    "UTF-16": lambda _, content: content.decode().encode("utf-16"),
    "semicolons": lambda _, content: content.replace(b",", b";"),
    "tabs": lambda _, content: content.replace(b",", b"\t"),
    "compressed": lambda _, content: gzip.compress(content, mtime=0),
    "compressed and cut": lambda _, content: gzip.compress(content, mtime=0)[:-2000],
}
