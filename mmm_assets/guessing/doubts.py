"""Say what in the used columns could be read in another way, or cannot be read at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmm_assets.guessing.frame import Frame, GuessError, InitOptions


def doubtful_marks(
    frames: Sequence[Frame], tables: Mapping[str, Any], options: InitOptions
) -> list[str]:
    """Say which numbers may have another decimal mark, a line each.

    Parameters
    ----------
    tables
        The section ``tables`` of the configuration.

    Raises
    ------
    GuessError
        If a column that is used, or could be, has another decimal mark than its table.
    """
    used = set(_texts(tables))
    said = []
    for frame in frames:
        marks, file = frame.profile.marks, frame.profile.file.name
        words = {".": "point", ",": "comma"}
        mark, other = marks.decimal, "," if marks.decimal == "." else "."
        for name, cell in marks.other.items():
            if (name in used or options.controls is None) and name != frame.week.name:
                raise GuessError(
                    f"{file}: '{name}' is written with a decimal {words[other]} ('{cell}') and "
                    f"the other columns with a decimal {words[mark]}. Write them alike (sql does "
                    f"it too: SELECT * REPLACE (replace(\"{name}\", '{other}', '{mark}') AS "
                    f"\"{name}\") FROM read_csv('{file}', all_varchar = true)), "
                    "or leave it out: --controls names those to keep"
                )
        for name, cell in marks.doubtful.items():
            if name in used and name != frame.week.name:
                said.append(
                    f"{file}: '{cell}' in '{name}' is read with a decimal point, as a number of "
                    'three decimals. If it means thousands, set decimal: "," in mmm.yaml'
                )
    return said


def _texts(content: Any) -> Iterator[str]:
    """All texts among the values of a section."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, Sequence):
        for value in content:
            yield from _texts(value)
