"""A kind of scenario that is listed reaches every place where a person may ask for it."""

from __future__ import annotations

import re
import subprocess
import sys

from mmm_assets.config import ProjectConfig

# Listed before the platform is imported, as a file beside the other kinds would be.
SIXTH_KIND = """
import sys
from dataclasses import dataclass
from mmm_model.budget.scenario_kinds import SCENARIO_KINDS
from mmm_model.budget.scenario_kinds.kind import ScenarioKind

@dataclass(frozen=True)
class ExtraMoney(ScenarioKind):
    key = "extra_money"
    help = "so much money on top of the recent total"
    adds_up = True

    def weekly_total(self, budgets):
        return budgets.recent_total + self.amount

SCENARIO_KINDS["extra_money"] = ExtraMoney
"""
PLAN = """
from mmm_assets.cli import app
app(["plan", "--config", sys.argv[1], *sys.argv[2:]])
"""
PLACES = """
from mmm_assets import mart
from mmm_assets.config.budget import BudgetSection
from mmm_assets.orchestration.names import Names
from mmm_assets.orchestration.planning_job import PlanConfig, plan_job
(scenario,) = BudgetSection(goals={"more": {"extra_money": 5}}).settings().scenarios
print(scenario.asked)
print(next(c.comment for c in mart.BY_NAME["budget_scenarios"].columns if c.name == "asked"))
print(PlanConfig.model_fields["extra_money"].description)
print(sorted(plan_job(Names(None)).nodes[0].definition.config_schema.config_type.fields))
"""


def run(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", SIXTH_KIND + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_sixth_kind_is_an_option_and_is_planned_with(refreshed: ProjectConfig) -> None:
    assert "So much money on top" in " ".join(run(PLAN, str(refreshed.path), "--help").split())
    said = run(PLAN, str(refreshed.path), "--extra-money", "400", "--horizon", "4")
    then, now = (
        float(amount.replace(",", "")) for amount in re.findall(r"EUR ([\d,]+\.\d\d)", said)[:2]
    )
    assert round(then - now, 2) == 400.0


def test_a_sixth_kind_is_in_the_configuration_the_mart_and_the_launchpad() -> None:
    scenario, comment, description, launchpad = run(PLACES).strip().splitlines()
    assert scenario == "ExtraMoney(amount=5.0)"
    assert comment.endswith("kpi or extra_money.")
    assert description == "so much money on top of the recent total"
    assert "'extra_money'" in launchpad and "'horizon'" in launchpad
