"""Values worked out once in a run, kept until what they came from changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

Value = TypeVar("Value")


class Kept:
    """Values by name, each beside the state of the tables and files that it was made from.

    The assets of a run are given one of these with their project. A process of its own, for one
    asset or for each step, begins with an empty one.
    """

    def __init__(self) -> None:
        self.made: Counter[Hashable] = Counter()
        """How often each value was made."""
        self._values: dict[Hashable, tuple[Hashable, Any]] = {}

    def get(self, name: Hashable, state: Hashable, make: Callable[[], Value]) -> Value:
        """Return what is kept under a name; made anew where it came from another state."""
        if name not in self._values or self._values[name][0] != state:
            self._values[name] = (state, make())
            self.made[name] += 1
        return cast(Value, self._values[name][1])
