"""Write an input table, as it was known at a moment, to a file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from mmm_assets.inputs.known_rows import create_known
from mmm_assets.store.project import Project
from mmm_assets.store.sql_text import quote_text


def write_known(project: Project, role: str, moment: datetime, file: Path) -> int:
    """Write the rows of a role that were known at a moment, in their order in the source.

    Parameters
    ----------
    moment
        UTC without a zone.
    file
        Parquet where it ends so, else CSV.

    Returns
    -------
    int
        Number of rows.
    """
    with project.warehouse.work() as connection:
        create_known(connection, project.config, role, known_on=moment)
        kind = "PARQUET" if file.suffix == ".parquet" else "CSV, HEADER"
        row = connection.execute(
            f"COPY (FROM known_{role} ORDER BY load_id, source_row) TO {quote_text(str(file))} "
            f"(FORMAT {kind})"
        ).fetchone()
    return int(row[0]) if row else 0
