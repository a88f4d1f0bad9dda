"""Weekly values of every series: what the rules judge and what restatements are counted in.

A series is a region and a channel or control; the KPI has one per region, with an empty name.
"""

from __future__ import annotations

import duckdb

from mmm_assets.inputs.roles import ROLES


def create_cells(
    connection: duckdb.DuckDBPyConnection, role: str, known: str | None = None
) -> None:
    """Sum the temporary table ``known_<role>`` to one row per series and week.

    Parameters
    ----------
    known
        Another table to sum; the result is called ``cells_<role>`` or ``cells_<known>``.
    """
    series = ROLES[role].series or "''"
    numbers = ", ".join(
        f"{aggregate}({name}) FILTER (isfinite({name})) AS {name}"
        for name, aggregate in ROLES[role].numbers.items()
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE cells_{known or role} AS
        SELECT region, {series} AS name, week, max(load_id) AS load_id,
               count(*) AS rows, bit_count(bit_or(1 << isodow(day)::INTEGER)) AS days,
               any_value(source) AS source, min(source_row) AS source_row, {numbers}
        FROM {known or f"known_{role}"}
        WHERE week IS NOT NULL AND region IS NOT NULL AND {series} IS NOT NULL
        GROUP BY ALL
        """
    )
