"""Gates: what must hold of a refresh's results before they become the current ones.

A gate is one SQL query over the mart tables of the refresh week; it passes when the query
returns nothing. A refresh that fails one is held: its rows can be looked at, the ``current_*``
views stay with the refresh before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb


@dataclass(frozen=True)
class Gate:
    """One condition: ``query`` finds what breaks it, as one text per row.

    The query has one parameter, ``$week``; ``asset`` is whose result it judges.
    """

    name: str
    asset: str
    description: str
    query: str


GATES: tuple[Gate, ...] = (
    Gate(
        "estimates_are_finite",
        "predictions",
        "Every predicted value and contribution is a finite number.",
        """
        SELECT 'mart.predictions, region ' || region || ', week ' || week
        FROM mart.predictions
        WHERE refresh_week = $week AND NOT coalesce(isfinite(predicted), false)
        UNION ALL
        SELECT 'mart.contributions, region ' || region || ', week ' || week || ', ' || component
        FROM mart.contributions
        WHERE refresh_week = $week AND NOT coalesce(isfinite(contribution), false)
        UNION ALL
        SELECT 'KPI ' || kpi || ', region ' || region || ', week ' || week
        FROM mart.kpi_predictions
        WHERE refresh_week = $week AND NOT is_main AND NOT coalesce(isfinite(predicted), false)
        """,
    ),
    Gate(
        "contributions_add_up",
        "contributions",
        "Baseline, seasonality, controls and media add up to the prediction to 1e-5.",
        """
        SELECT 'region ' || region || ', week ' || week || ': predicted ' || any_value(predicted)
               || ', components ' || sum(contribution)
        FROM mart.contributions AS c
        JOIN mart.predictions AS p USING (refresh_week, region, week)
        WHERE refresh_week = $week AND p.split = 'train'
        GROUP BY region, week
        HAVING abs(sum(contribution) - any_value(predicted))
               > 1e-5 * greatest(abs(any_value(predicted)), sum(abs(contribution)) * 1e-3)
        """,
    ),
    Gate(
        "media_never_hurts",
        "channel_summary",
        "No channel has a negative contribution.",
        """
        SELECT 'channel ' || channel || ': direct contribution ' || direct
        FROM mart.channel_summary
        WHERE refresh_week = $week AND direct < 0
        """,
    ),
    Gate(
        "chains_agree",
        "channel_summary",
        "Independent chains of the posterior agree on every channel that brings more than 2 % of "
        "what media bring: R-hat is at most 1.5. Where the data allow several stories, add a "
        "lift test or a control that shows demand, give more sweeps (model.draws), or take the "
        "likeliest one (model.estimator: search).",
        """
        SELECT 'channel ' || channel || ': R-hat ' || round(r_hat, 2)
        FROM mart.channel_summary
        WHERE refresh_week = $week
        QUALIFY isfinite(r_hat) AND r_hat > 1.5 AND direct > 0.02 * sum(direct) OVER ()
        UNION ALL
        SELECT 'KPI ' || kpi || ', channel ' || channel || ': R-hat ' || round(r_hat, 2)
        FROM mart.kpi_channel_summary
        WHERE refresh_week = $week AND NOT is_main
        QUALIFY isfinite(r_hat) AND r_hat > 1.5
                AND direct > 0.02 * sum(direct) OVER (PARTITION BY kpi)
        """,
    ),
    Gate(
        "within_trust_limits",
        "trust_tests",
        "No trust test finds more than trust.at_most, or less than trust.at_least, allows.",
        """
        SELECT test || '.' || measure || coalesce(' of ' || channel, '') || ': '
               || round(value, 3) || ', the limit is ' || round(hold_limit, 3) || ' (' || sentence
               || ')'
        FROM mart.trust_tests
        WHERE refresh_week = $week AND holds
        """,
    ),
    Gate(
        "forecast_is_usable",
        "holdout_metrics",
        "The holdout forecast's error is at most twice that of the worst simple reference.",
        """
        SELECT 'RMSE of the model ' || max(value) FILTER (WHERE model = 'mmm')
               || ', of the worst reference ' || max(value) FILTER (WHERE model <> 'mmm')
        FROM mart.holdout_metrics
        WHERE refresh_week = $week AND scope = 'pooled' AND metric = 'rmse'
        HAVING max(value) FILTER (WHERE model = 'mmm')
               > 2 * max(value) FILTER (WHERE model <> 'mmm')
        UNION ALL
        SELECT 'KPI ' || kpi || ': RMSE of the model ' || max(value) FILTER (WHERE model = 'mmm')
               || ', of the worst reference ' || max(value) FILTER (WHERE model <> 'mmm')
        FROM mart.kpi_holdout_metrics
        WHERE refresh_week = $week AND NOT is_main AND scope = 'pooled' AND metric = 'rmse'
        GROUP BY kpi
        HAVING max(value) FILTER (WHERE model = 'mmm')
               > 2 * max(value) FILTER (WHERE model <> 'mmm')
        """,
    ),
)


def broken(connection: duckdb.DuckDBPyConnection, gate: Gate, refresh_week: date) -> list[str]:
    """Return what breaks a gate in a refresh week; empty when it holds."""
    rows = connection.execute(gate.query, {"week": refresh_week}).fetchall()
    return [str(row[0]) for row in rows]


def reason(gate: Gate, found: list[str]) -> str:
    """Say in one line what breaks a gate."""
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f"{gate.name}: {'; '.join(found[:3])}{more}. Expected: {gate.description}"
