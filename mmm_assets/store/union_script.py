"""One SQL script that shows the published tables of several projects as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from mmm_assets.store.sql_text import quote, quote_text

_HEAD = """\
-- The published tables of all brands as one, with a column that names the brand:
--   FROM all_channel_summary     the newest published refresh of each
-- Files are attached read-only, and shown as they are when the script is run:  duckdb -init {name}
"""


def union_script(files: Mapping[str, tuple[str, Path]], left_out: Sequence[str] = ()) -> str:
    """Write a script of ``ATTACH … (READ_ONLY)`` and temporary views ``all_<table>``.

    Parameters
    ----------
    files
        Name to attach under → name of the project, its published file.
    left_out
        Said in the script: projects that have no such file, and why.
    """
    lines = [_HEAD.format(name="portfolio.sql")]
    lines += [f"-- left out: {' '.join(said.split())}" for said in left_out]
    selects: dict[str, list[str]] = {}
    for alias, (project, file) in files.items():
        lines.append(f"ATTACH {quote_text(str(file))} AS {quote(alias)} (READ_ONLY);")
        for table, own in _tables(file):
            star = "* EXCLUDE (project)" if own else "*"
            selects.setdefault(table, []).append(
                f"SELECT {quote_text(project)} AS project, {star} "
                f"FROM {quote(alias)}.mart.{quote(f'current_{table}')}"
            )
    for table, parts in sorted(selects.items()):
        union = "\n  UNION ALL BY NAME\n".join(f"  {part}" for part in parts)
        lines.append(f"CREATE OR REPLACE TEMP VIEW {quote(f'all_{table}')} AS\n{union};")
    return "\n".join(lines) + "\n"


def _tables(file: Path) -> list[tuple[str, bool]]:
    """Tables that have a ``current_*`` view, and whether they name the project themselves."""
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            "SELECT view_name[9:], list_contains(("
            "  SELECT list(column_name) FROM duckdb_columns() AS c"
            "  WHERE c.schema_name = 'mart' AND c.table_name = v.view_name), 'project') "
            "FROM duckdb_views() AS v WHERE schema_name = 'mart' AND view_name LIKE 'current_%' "
            "ORDER BY 1"
        ).fetchall()
    return [(table, bool(own)) for table, own in rows]
