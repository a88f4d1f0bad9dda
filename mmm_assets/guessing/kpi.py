"""Find the column of the KPI, and what one unit of it is worth."""

from __future__ import annotations

from collections.abc import Sequence

from mmm_assets.guessing import words
from mmm_assets.guessing.frame import (
    Frame,
    GuessError,
    InitOptions,
    listed,
    mostly_number,
    no_column,
)
from mmm_assets.guessing.profile import Column


def find_kpi(frames: Sequence[Frame], options: InitOptions) -> tuple[Frame, Column, str]:
    """Find the KPI.

    Returns
    -------
    tuple
        Its table, its column, and whether it is ``money``, a ``count``, or ``either``.

    Raises
    ------
    GuessError
        If no column looks like one.
    """
    if options.kpi:
        for frame in frames:
            column = frame.profile.column(options.kpi)
            if column:
                return frame, column, _kind(column.name, "either")
        raise GuessError(no_column(frames[0].profile, "--kpi", options.kpi))
    taken = words.OUTSIDE | words.DERIVED | words.ASKED | words.CONTROL
    taken |= {"per", "share", "pct", "percent"}
    best: tuple[tuple[int, int], Frame, Column, str] | None = None
    for frame in frames:
        for column in frame.profile.columns:
            name = words.tokens(column.name)
            if column.name in frame.keys or not mostly_number(column):
                continue
            if taken & set(name) or words.is_spend(column.name):
                continue
            if words.exposure_rank(column.name) is not None:
                continue
            for tier, (signs, kind) in enumerate(words.KPI):
                if not signs & set(name) or ("y" in signs and name != ["y"]):
                    continue
                score = (tier, len(name))
                if best is None or score < best[0]:
                    best = score, frame, column, _kind(column.name, kind)
    if best is None:
        raise GuessError(
            f"no column looks like the KPI (sales, revenue, conversions, …). {_unread(frames)}"
            f"Give it with --kpi; the columns are {listed(frames[0].profile)}"
        )
    return best[1:]


def _unread(frames: Sequence[Frame]) -> str:
    """Say of columns that are called like a KPI that their cells are no numbers."""
    signs = frozenset().union(*(signs for signs, _ in words.KPI)) - {"y"}
    return "".join(
        f"'{column.name}' is called like one, but its cells, such as '{column.unread}', are not "
        "read as numbers. "
        for frame in frames
        for column in frame.profile.columns
        if words.has(column.name, signs) and column.unread and not mostly_number(column)
    )


def _kind(name: str, kind: str) -> str:
    return "count" if words.has(name, words.COUNTED) else kind


def find_value(
    frame: Frame,
    kpi: Column,
    kind: str,
    options: InitOptions,
    has_spend: bool,
    said: list[str],
) -> str | float | None:
    """Find what a unit of KPI is worth: a column, a number, or None where it is not known.

    Raises
    ------
    GuessError
        If ``--value-per-kpi`` is neither a column nor a number above 0.
    """
    if options.value_per_kpi is not None:
        return _value_by_flag(frame, options.value_per_kpi)
    for column in frame.profile.columns:
        if column is not kpi and mostly_number(column) and _says_worth(column.name):
            return column.name
    if not has_spend:
        return None
    if kind == "count":
        said.append(
            f"What one unit of '{kpi.name}' is worth is not known, so there will be no ROI: give "
            "--value-per-kpi, or value_per_kpi in mmm.yaml"
        )
        return None
    said.append(f"'{kpi.name}' is taken as money: value_per_kpi is 1. Change it if it is not")
    return 1.0


def _value_by_flag(frame: Frame, given: str) -> str | float:
    column = frame.profile.column(given)
    if column:
        return column.name
    try:
        number = float(given)
    except ValueError:
        raise GuessError(
            no_column(frame.profile, "--value-per-kpi", given) + "; a number is allowed too"
        ) from None
    if not 0 < number < float("inf"):
        raise GuessError(f"--value-per-kpi {given}: allowed are numbers above 0")
    return number


def _says_worth(column: str) -> bool:
    """Whether a name says what one unit is worth, as ``revenue_per_order`` or ``aov`` do."""
    name = set(words.tokens(column))
    of_one = words.VALUE - {"per"} | {"revenue", "sales", "profit"}
    return ("per" in name and bool(name & of_one)) or (bool(name) and name <= words.WORTH)
