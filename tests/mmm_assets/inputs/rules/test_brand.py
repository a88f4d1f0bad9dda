"""Where a slow stock cannot be looked for, and whose it cannot be."""

from __future__ import annotations

import pytest

from mmm_assets.config.errors import ConfigError
from mmm_assets.inputs.checks import run_checks


def test_too_few_weeks_and_unknown_channels_are_refused(small_project, connection) -> None:
    small_project.content["model"] = {"brand": {"channels": ["tv", "cinema"]}}
    config = small_project.load(connection)
    said = {o.rule.name: o.message for o in run_checks(connection, config, None) if o.blocks}
    assert set(said) == {"enough_weeks_for_brand", "channels_configured"}
    assert "104 weeks" in said["enough_weeks_for_brand"]
    assert "weeks 40" in said["enough_weeks_for_brand"]
    assert "cinema" in said["channels_configured"]


@pytest.mark.parametrize(
    ("brand", "said"),
    [
        ({"channels": []}, "channels"),
        ({"channels": ["tv"], "half_life": [10, 52]}, "half_life"),
        ({"channels": ["tv"], "half_life": [80, 40]}, "half_life"),
    ],
)
def test_a_stock_that_makes_no_sense_is_no_configuration(small_project, brand, said) -> None:
    small_project.content["model"] = {"brand": brand}
    with pytest.raises(ConfigError, match=said):
        small_project.write()


def test_the_search_and_the_paper_have_none(small_project) -> None:
    for other in ({"estimator": "search"}, {"preset": "paper"}):
        small_project.content["model"] = {"brand": {"channels": ["tv"]}, **other}
        with pytest.raises(ConfigError, match="brand"):
            small_project.write()


def test_a_project_without_any_has_the_fingerprint_that_it_had(small_project) -> None:
    plain = small_project.write()
    assert "brand" not in plain.model_settings().saved()
    small_project.content["model"] = {"brand": {"channels": ["tv"]}}
    assert small_project.write().fingerprint != plain.fingerprint
