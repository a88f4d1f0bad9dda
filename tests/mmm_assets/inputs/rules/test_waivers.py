"""Waivers name rules that exist and can be waived; the command line and Dagster hold them to it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from mmm_assets.cli import EXIT, app
from mmm_assets.config import ConfigError
from mmm_assets.inputs.rules import RULES, require_known_waivers
from mmm_assets.orchestration.definitions import build_definitions

TOLD = (
    r"checks\.waivers\.0\.rule: '.*' is not allowed; rules that can be waived: .*kpi\.keys_unique"
)


def waive(small_project, rule: str) -> None:
    waiver = {"rule": rule, "reason": "known to finance", "until": "2030-01-01"}
    small_project.content["checks"] = {"waivers": [waiver]}


@pytest.mark.parametrize("rule", ["media.nothing", "kpi.varies"])
def test_what_cannot_be_waived(small_project, rule: str) -> None:
    waive(small_project, rule)
    config = small_project.write()
    with pytest.raises(ConfigError, match=TOLD):
        require_known_waivers(config)
    with pytest.raises(ConfigError, match=TOLD):
        build_definitions(config)


def test_the_command_line_ends_with_the_code_of_a_wrong_configuration(small_project) -> None:
    waive(small_project, "media.nothing")
    result = CliRunner().invoke(app, ["check", "--config", str(small_project.write().path)])
    assert result.exit_code == EXIT["usage"]
    assert "rules that can be waived" in result.output


def test_every_rule_that_may_be_waived_can_be(small_project) -> None:
    for rule in RULES:
        if rule.waivable:
            waive(small_project, f"{rule.table}.{rule.name}")
            require_known_waivers(small_project.write())
