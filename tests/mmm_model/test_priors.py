"""A prior that says it was measured names a measurement that is written down."""

from __future__ import annotations

import re
from pathlib import Path

from mmm_model import priors

TRIED = Path(__file__).parents[1] / "benchmarks" / "TRIED.md"


def test_every_measurement_that_is_named_exists() -> None:
    text = " ".join(Path(priors.__file__).read_text().split())
    named = re.findall(r'TRIED, "([^"]+)"', text)
    headings = re.findall(r"^## (.+)$", TRIED.read_text(), re.MULTILINE)
    assert len(named) >= 8
    for heading in named:
        assert any(own.startswith(heading) for own in headings), heading
