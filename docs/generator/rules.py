"""The rules for the input tables, read off ``mmm_assets.inputs.rules``."""

from __future__ import annotations

from docs.generator.markdown import NOTE, code, table
from mmm_assets.inputs.rules import RULES

_TITLES = {
    "media": "Media",
    "kpi": "KPI",
    "further_kpis": "Further KPIs",
    "controls": "Controls",
    "lift_tests": "Lift tests",
    "mediators": "What nobody buys",
}


def page() -> str:
    """Write the page of all rules, a section for each input table."""
    parts = [
        NOTE,
        "# Input rules\n\n",
        "Every refresh, and [`mmm check`](command-line.md#mmm-check) without one, holds the tables "
        "against these rules before anything is trained. A broken **blocking** rule stops the "
        "refresh (exit code 3) and names table, rule and rows; what was published stays. A broken "
        "**warning** is shown by `mmm check`, in Dagster, in "
        "[`mart.data_checks`](tables.md#martdata_checks) and in the dashboard. Thresholds "
        "are keys of the section [`checks`](configuration.md#checks). A rule that can be waived "
        "may be broken for a while: [Waive a rule](../how-to/waivers.md).\n\n",
    ]
    for role in dict.fromkeys(rule.table for rule in RULES):
        parts.append(f"## {_TITLES.get(role, role)}\n\n")
        parts.append(
            table(
                ("Rule", "Severity", "Must hold", "If it does not", "Waivable"),
                (
                    (
                        code(f"{rule.table}.{rule.name}"),
                        rule.severity,
                        rule.description,
                        rule.remedy,
                        "yes" if rule.waivable else "no",
                    )
                    for rule in RULES
                    if rule.table == role
                ),
            )
        )
    return "".join(parts)
