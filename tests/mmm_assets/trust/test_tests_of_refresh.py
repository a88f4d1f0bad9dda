"""The tests of a refreshed project, those that fit again too."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pandas as pd
import pytest

from mmm_assets.config import ProjectConfig
from mmm_assets.config.trust import AtLeast, AtMost, TrustSection
from mmm_assets.inputs.fits import fits_of
from mmm_assets.mart import BY_NAME
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project
from mmm_assets.trust.sentences import SENTENCES
from mmm_assets.trust.tests_of_refresh import run_tests
from tests.mmm_assets.tiny_project import CHANNELS

NEWEST = date(2024, 7, 8)


def never(message: str) -> None:
    pytest.fail(message)


@pytest.fixture(scope="session")
def tested(refreshed: ProjectConfig) -> pd.DataFrame:
    """All tests on the fit of two members, with limits that nothing keeps."""
    trust = TrustSection(
        monthly=("placebo", "twin"), at_least={"twin.order": 2.0}, at_most={"twin.known_to": 1e-9}
    )
    config = refreshed.model_copy(update={"trust": trust})
    return run_tests(fits_of(Project(config), NEWEST), never)[0]


def test_each_test_says_something_in_words(tested: pd.DataFrame) -> None:
    assert set(tested.columns) == {column.name for column in BY_NAME["trust_tests"].columns}
    assert {"hidden_confounder", "placebo", "twin", "in_sample_accuracy"} <= set(tested["test"])
    assert {"holdout_accuracy", "refresh_stability", "forecasts"} <= set(tested["test"])
    assert tested["sentence"].str.endswith(".").all()
    assert not tested["sentence"].str.contains("nan|unknown|–").any()
    own = tested[tested["test"] == "twin"].dropna(subset=["channel"])
    assert set(own["channel"]) == set(CHANNELS)
    assert set(pd.to_datetime(tested["tested_week"]).dt.date) == {NEWEST}


def test_beyond_a_limit_a_row_holds_the_refresh(tested: pd.DataFrame) -> None:
    holding = tested[tested["holds"]]
    assert {"order", "known_to"} == set(holding["measure"])
    assert (tested["hold_limit"].notna() | ~tested["holds"]).all()


def test_a_refresh_ran_what_is_cheap_and_none_of_it_held(refreshed: ProjectConfig) -> None:
    with Project(refreshed).warehouse.published() as connection:
        found = read_week(connection, "trust_tests", NEWEST)
    assert {"hidden_confounder", "forecasts", "refresh_stability"} <= set(found["test"])
    assert "twin" not in set(found["test"])
    assert not found["holds"].any()


def test_every_measure_that_a_limit_may_name_has_words() -> None:
    names = {*get_args(AtLeast), *get_args(AtMost)}
    assert names <= {".".join(name) for name in SENTENCES}
