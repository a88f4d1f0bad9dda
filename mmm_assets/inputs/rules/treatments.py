"""Rules for promotions and prices: controls with an effect of their own."""

from __future__ import annotations

from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "prices_positive",
        "controls",
        "blocking",
        "A price is above 0.",
        "Leave the cell empty where no price was charged: it is then the region's mean.",
        """
        SELECT arg_min(source, value) AS source, arg_min(source_row, value) AS source_row, control,
               arg_min(region, value) AS region, arg_min(day, value) AS week, min(value) AS value,
               count(*) FILTER (value <= 0) AS failing
        FROM known_controls WHERE list_contains($prices, control) AND value IS NOT NULL
        GROUP BY control
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0, "strict_min": True},
        waivable=False,
    ),
    Rule(
        "promotions_are_depths",
        "controls",
        "blocking",
        "A promotion is a depth: a share from 0 to 1, or in percent from 0 to 100; never both.",
        "Correct the cell; what is no depth, such as money or a number of shops, is a control.",
        """
        WITH depths AS (
            SELECT *, CASE WHEN quantile_cont(value, 0.9) FILTER (value > 0)
                                OVER (PARTITION BY control) <= 1 THEN 1 ELSE 100 END AS most
            FROM known_controls
            WHERE list_contains($promotions, control) AND value IS NOT NULL
        ),
        judged AS (
            SELECT *, greatest(value / most, CASE WHEN value < 0 THEN 2 END) AS depth FROM depths
        )
        SELECT arg_max(source, depth) AS source, arg_max(source_row, depth) AS source_row, control,
               arg_max(region, depth) AS region, arg_max(day, depth) AS week,
               arg_max(value, depth) AS value, max(depth) AS depth,
               count(*) FILTER (depth > 1) AS failing
        FROM judged GROUP BY control
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "depth", "max_value": 1},
        waivable=False,
    ),
    Rule(
        "treatments_are_numbers",
        "controls",
        "blocking",
        "A control with a kind holds numbers.",
        "Deliver the depth or the price; words are a control without a kind.",
        """
        SELECT any_value(source) AS source, min(source_row) AS source_row, control,
               any_value(value_text) AS value,
               CASE WHEN count(value) > 0 OR count(value_text) = 0 THEN 'yes' END AS numbers,
               count(*) AS failing
        FROM known_controls WHERE list_contains($treatments, control) GROUP BY control
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "numbers"},
        waivable=False,
    ),
    Rule(
        "treatments_known",
        "controls",
        "blocking",
        "Every control that 'kinds' names is one of the table.",
        "Spell it as the table does, or leave it out.",
        """
        SELECT t.control, max(e.control) AS control_of_table, 0 AS failing
        FROM (SELECT unnest($treatments::VARCHAR[]) AS control) AS t
        LEFT JOIN ever_controls AS e USING (control)
        GROUP BY t.control
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "control_of_table"},
        waivable=False,
    ),
)
