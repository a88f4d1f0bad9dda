"""Three significant digits whatever the scale, one way in the terminal, in Dagster and the page."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmm_assets.mart.numbers import MINUS, SPACE, amount, money, number, percent, to_the_cent


def plain(written: str) -> str:
    return written.replace(SPACE, " ")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.000123, "0.000123"), (0.0457, "0.0457"), (0.1, "0.1"), (3.214, "3.21"), (99.97, "100"),
        (999.6, "1,000"), (1234, "1,230"), (9996, "10 k"), (12_345, "12.3 k"), (999_999, "1 M"),
        (1_234_567, "1.23 M"), (-2e9, "−2 bn"), (1.5e-9, "1.50e-09"), (math.inf, "unbounded"),
        (0, "0"), (-0.0, "0"), (None, "–"), (math.nan, "–"), (pd.NA, "–"),
    ],
)  # fmt: skip
def test_three_digits_whatever_the_scale(value: float | None, written: str) -> None:
    assert plain(number(value)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(12_345.6, "+12,346"), (-1234, "−1,234"), (0.0457, "+0.0457"), (0, "0"), (None, "–")],
)
def test_columns_keep_every_digit_before_the_point(value: float | None, written: str) -> None:
    assert number(value, signed=True, scaled=False) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(5000, "5,000.00"), (0.2, "0.20"), (0.3664, "0.366"), (0.0457, "0.0457"), (-1.5, "−1.50"),
     (0, "0.00"), (None, "–")],
)  # fmt: skip
def test_money_to_be_booked_keeps_its_cents(value: float | None, written: str) -> None:
    assert to_the_cent(value) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [(0.034, "+3.4 %"), (-0.2, "−20 %"), (0.00012, "+0.012 %"), (12.34, "+1,234 %"),
     (1e-9, "0 %"), (-1e-12, "0 %"), (None, "–")],
)  # fmt: skip
def test_shares(share: float | None, written: str) -> None:
    assert plain(percent(share, signed=True)) == written


def test_money_has_its_sign_where_people_look_for_it() -> None:
    assert plain(money(1.2e6, "EUR")) == "1.2 M €"
    assert plain(money(-1.2e6, "usd")) == "−$1.2 M"
    assert plain(money(0.0457, "PLN")) == "0.0457 PLN"
    assert money(None, "USD") == "–"
    assert amount("50", "") == "50"


@given(st.floats(1e-5, 1e14), st.booleans())
def test_what_is_written_is_the_number_to_three_digits(value: float, scaled: bool) -> None:
    written = number(-value, scaled=scaled)
    assert written.startswith(MINUS)
    digits, _, unit = written[1:].replace(",", "").partition(SPACE)
    scale = {"": 1, "k": 1e3, "M": 1e6, "bn": 1e9, "tn": 1e12}[unit]
    assert float(digits) * scale == pytest.approx(value, rel=5.001e-3)
