"""An error inside a configured query is said as the query's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmm_assets.cli import EXIT
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import write_tables


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nothing_like_it FROM 'kpi.csv'", "nothing_like_it"),
        ("SELECT error('the view is broken') AS week", "the view is broken"),
        ("SELECT CAST('many' AS DOUBLE) AS week", "Could not convert string 'many'"),
    ],
)
def test_the_error_of_a_query_is_said(tmp_path: Path, query: str, said: str) -> None:
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    source = "kpi: {source: kpi.csv,"
    assert source in file.read_text()
    file.write_text(file.read_text().replace(source, f'kpi: {{sql: "{query}",'))
    for command in ("refresh", "check"):
        code, found = run(command, "-c", file, "--week", "2024-07-08")
        assert code == EXIT["refused"], found
        assert said in found and "query of tables.kpi" in found
        assert "aborted" not in found
