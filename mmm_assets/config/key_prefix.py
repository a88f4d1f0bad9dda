"""The word that begins every name a project has in Dagster, so that brands share no asset."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import StringConstraints

_LONGEST = 40

KeyPrefix = Annotated[
    str, StringConstraints(pattern=rf"^[a-z][a-z0-9_]{{0,{_LONGEST - 1}}}$", strip_whitespace=True)
]


def prefix_of(name: str) -> str:
    """Make a prefix of a project's name: its letters and digits, in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    begun = words if words[:1].isalpha() else f"project_{words}"
    return begun[:_LONGEST].strip("_")
