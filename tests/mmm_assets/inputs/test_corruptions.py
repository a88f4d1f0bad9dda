"""A few of the spoilt deliveries of ``corruption_corpus``; ``make soak`` judges all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mmm_assets.inputs.corruption_corpus import corpus
from tests.mmm_assets.inputs.corruption_verdict import Judge

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "mmm.yaml"
EXPECTED = {
    "media: text in a number #0": "refused",
    "media: row twice #0": "refused",
    "media: compressed and cut #0": "refused",
    "media: channel copied from another #0": "warned",
    "media: exposure stops while spend goes on #0": "warned",
    "media: row lost #0": "warned",
    "media: spend in cents #0": "listed",
    "media: UTF-16 #0": "same",
    "kpi: week a day early #0": "refused",
    "kpi: times 1000 #0": "refused",
    "kpi: times 1.2 #0": "listed",
    "kpi: region's last weeks lost #0": "warned",
    "kpi: rows in another order #0": "same",
    "controls: a field too few #0": "refused",
    "controls: last 4 weeks times 1000 #0": "warned",
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(SAMPLE)


@pytest.mark.parametrize(
    "corruption", [c for c in corpus(1) if c.name in EXPECTED], ids=lambda c: c.name
)
def test_a_spoilt_delivery(judge: Judge, corruption) -> None:
    verdict = judge.judge(corruption)
    assert verdict.outcome == EXPECTED[corruption.name], verdict.message


def test_the_corpus_is_large_and_names_each_once() -> None:
    names = [corruption.name for corruption in corpus(3)]
    assert len(set(names)) == len(names) >= 300
    assert set(EXPECTED) <= set(names)
