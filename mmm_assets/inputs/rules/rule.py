"""A rule as data: a query, an expectation, and the words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["blocking", "warning"]


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule that a delivered table is held against.

    Parameters
    ----------
    name, table
        Together they name the rule; ``table`` is the role that is judged.
    severity
        ``blocking`` stops the refresh before anything is trained.
    description
        What must hold.
    remedy
        What a person can do, or what is done in place of it.
    query
        Condensed rows. May name the parameters of `checks.parameters` as ``$name``.
    expectation
        Class in ``great_expectations.expectations``.
    arguments
        Its arguments; a text that begins with ``$`` is a parameter.
    waivable
        False where nothing could be made of rows that break it.
    """

    name: str
    table: str
    severity: Severity
    description: str
    remedy: str
    query: str
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    waivable: bool = True

    @property
    def judges_rows(self) -> bool:
        """Whether single rows break the rule, so that no rows break it never."""
        return not self.expectation.startswith("ExpectTable")
