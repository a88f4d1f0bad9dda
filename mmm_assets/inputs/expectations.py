"""Great Expectations asked which rows break which rules; nothing else of it is used.

To ask it takes some fifteen milliseconds whatever is asked, so rules that expect the same are asked
together: what they judge is stacked into one frame.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.inputs.rules import Rule

Judged = tuple[Rule, pd.DataFrame]
"""A rule and the condensed rows that are held against it."""


def failing_rows(judged: Iterable[Judged], values: Mapping[str, Any]) -> dict[Rule, list[int]]:
    """Positions of the rows that break each rule; a rule that holds is left out.

    Parameters
    ----------
    values
        What an argument that begins with ``$`` stands for.

    Raises
    ------
    RuntimeError
        If an expectation cannot be judged.
    """
    groups: dict[tuple[object, ...], list[Judged]] = {}
    for rule, frame in judged:
        if len(frame) or not rule.judges_rows:
            groups.setdefault(_what_is_expected(rule), []).append((rule, frame))
    if not groups:
        return {}
    batches = _batches()
    found: dict[Rule, list[int]] = {}
    for group in groups.values():
        found |= _failing_of(batches, group, values)
    return found


def _what_is_expected(rule: Rule) -> tuple[object, ...]:
    """Equal for rules that can be asked together; a rule about a whole table is asked alone."""
    bounds = sorted((k, v) for k, v in rule.arguments.items() if k not in _columns(rule))
    return (rule.expectation, *bounds, None if rule.judges_rows else rule)


def _columns(rule: Rule) -> dict[str, str]:
    """Argument → the column that it names."""
    return {key: name for key, name in rule.arguments.items() if key.startswith("column")}


def _batches() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("condensed").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def _failing_of(
    batches: Any, group: Sequence[Judged], values: Mapping[str, Any]
) -> dict[Rule, list[int]]:
    import great_expectations.expectations as expectations

    first = group[0][0]
    arguments = {
        key: values[value[1:]] if isinstance(value, str) and value.startswith("$") else value
        for key, value in first.arguments.items()
    }
    named = {key: key for key in _columns(first)}
    expectation = getattr(expectations, first.expectation)(**{**arguments, **named})
    batch = batches.get_batch({"dataframe": _stacked(group)})
    # Which rows fail costs as much again to find out, and most rules hold.
    if batch.validate(expectation, result_format="BOOLEAN_ONLY").success:
        return {}
    result = batch.validate(expectation, result_format={"result_format": "COMPLETE"})
    if not result.success and not result.result:
        names = ", ".join(f"{rule.table}.{rule.name}" for rule, _ in group)
        raise RuntimeError(f"rule {names} failed: {result.exception_info}")
    if not first.judges_rows:
        return {first: list(range(len(group[0][1])))}
    return _by_rule(group, result.result["unexpected_index_list"])


def _stacked(group: Sequence[Judged]) -> pd.DataFrame:
    """The judged columns of all frames under each other, named after the arguments."""
    rule, frame = group[0]
    if not rule.judges_rows:
        return frame
    return pd.DataFrame(
        {
            argument: pd.concat([rows[_columns(each)[argument]] for each, rows in group])
            for argument in _columns(rule)
        }
    ).reset_index(drop=True)


def _by_rule(group: Sequence[Judged], positions: Sequence[int]) -> dict[Rule, list[int]]:
    """Which of the stacked rows are whose, counted within the frame of each rule."""
    starts = np.cumsum([0, *(len(frame) for _, frame in group)])
    found: dict[Rule, list[int]] = {}
    for position in positions:
        number = int(np.searchsorted(starts, position, side="right")) - 1
        found.setdefault(group[number][0], []).append(int(position - starts[number]))
    return found
