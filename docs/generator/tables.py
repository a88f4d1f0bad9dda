"""The mart tables and the gates, read off the contract in ``mmm_assets.mart``."""

from __future__ import annotations

from textwrap import dedent

from docs.generator.markdown import NOTE, code, fenced, table
from mmm_assets.mart import TABLES
from mmm_assets.mart.contract import EVERY_ROW, REGIONS_ALONE
from mmm_assets.mart.gates import GATES

_KEPT = {
    EVERY_ROW: "Kept of the newest refreshes alone (`retention.details`).",
    REGIONS_ALONE: "Rows of regions are kept of the newest refreshes alone (`retention.details`).",
}


def page() -> str:
    """Write the page of all mart tables."""
    parts = [
        NOTE,
        "# Mart tables\n\n",
        "What analysts read, in schema `mart` of `warehouse/mmm.duckdb`. Every table is long, "
        "labelled and keyed by `refresh_week`; for each there is a view `mart.current_<table>` "
        "of the newest published refresh. The comments below are also in the database "
        "(`SELECT table_name, column_name, comment FROM duckdb_columns()`). Columns are only ever "
        "added, at the end.\n\n",
        table(
            ("Table", "What it holds"),
            ((f"[`{own.name}`](#mart{own.name})", own.comment) for own in TABLES),
        ),
    ]
    for own in TABLES:
        kept = f" {_KEPT[own.details]}" if own.details else ""
        parts.append(f"## `mart.{own.name}` {{ #mart{own.name} }}\n\n{own.comment}{kept}\n\n")
        parts.append(
            table(
                ("Column", "Type", "Meaning"),
                ((code(c.name), code(c.type), c.comment) for c in own.all_columns),
            )
        )
    return "".join(parts)


def gates_page() -> str:
    """Write the page of the gates, each with its query."""
    parts = [
        NOTE,
        "# Gates\n\n",
        "A gate is a condition that a refresh's results must meet before they become the current "
        "ones. It is one SQL query over the mart tables of the refresh week and passes when the "
        "query returns nothing. A refresh that fails one is **held**: its rows can be read, the "
        "`current_*` views and the last published dashboard stay, and `mmm refresh` ends with "
        "exit code 4.\n\n",
        table(
            ("Gate", "Judges", "Must hold"),
            ((f"[`{g.name}`](#{g.name})", code(g.asset), g.description) for g in GATES),
        ),
    ]
    for gate in GATES:
        parts.append(f"## `{gate.name}` {{ #{gate.name} }}\n\n{gate.description}\n\n")
        parts.append(fenced(dedent(gate.query), "sql"))
    return "".join(parts)
