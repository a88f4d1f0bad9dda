"""Money is named by a code of ISO 4217."""

from __future__ import annotations

import pytest

from mmm_assets.config.errors import ConfigError
from mmm_assets.config.money import CODES, SIGNS


@pytest.mark.parametrize(("written", "code"), [("jpy", "JPY"), ("€", "EUR"), (" USD ", "USD")])
def test_codes_in_any_case_and_signs_are_codes(small_project, written: str, code: str) -> None:
    small_project.content["currency"] = written
    assert small_project.write().currency == code


@pytest.mark.parametrize(
    ("written", "told"), [("EURO", "did you mean EUR"), ("points", "no code of ISO 4217"), (7, "7")]
)
def test_another_word_is_refused_with_what_it_may_mean(small_project, written, told: str) -> None:
    small_project.content["currency"] = written
    with pytest.raises(ConfigError, match=told):
        small_project.write()


def test_codes_are_of_three_letters_and_signs_stand_for_some() -> None:
    assert {len(code) for code in CODES} == {3}
    assert set(SIGNS.values()) <= CODES
