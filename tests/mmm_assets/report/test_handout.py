"""Two pages of paper that hold the numbers of the tables, in shades of grey."""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path

import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig
from mmm_assets.mart import numbers
from tests.mmm_assets.cli.terminal import run

if not os.environ.get("CI"):  # there it fails where it lacks
    pytest.importorskip("reportlab")
    pytest.importorskip("pypdf")


def pages_of(content: bytes) -> list[str]:
    from pypdf import PdfReader

    said = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    return [" ".join(text.replace("\u00a0", " ").split()) for text in said]


def test_two_pages_say_what_the_tables_say(filled, example) -> None:
    from mmm_assets.report.handout.pages import build_handout

    names = ("tv", "Łódź radio", "Поиск", "<b>display</b>")
    connection = filled(example(regions=3, weeks=60, channels=names))
    content, lacking = build_handout(connection, example().week, standing=("Held by a gate.",))
    first, second = pages_of(content)
    assert lacking == set()
    assert all(name in page for name in names for page in (first, second))
    assert "Held by a gate." in first and "1 of 2" in first and "2 of 2" in second
    rows = connection.execute(
        "SELECT contribution, roi, roi_lower, marginal_roi FROM mart.channel_summary"
    ).fetchall()
    for contribution, *returns in rows:
        assert numbers.number(contribution).replace("\u00a0", " ") in first
        assert all(numbers.number(value) in second for value in returns)
    (gain,) = connection.execute(
        "SELECT gain FROM mart.budget_scenarios WHERE scenario = 'plus_20'"
    ).fetchone()
    assert numbers.number(gain, signed=True).replace("\u00a0", " ") in second


def test_nothing_on_it_is_coloured(filled, example) -> None:
    from pypdf import PdfReader

    from mmm_assets.report.handout.pages import build_handout

    content, _ = build_handout(filled(example(regions=2, weeks=60)), example().week)
    for page in PdfReader(BytesIO(content)).pages:
        drawn = page.get_contents().get_data().decode("latin-1")
        drawn = re.sub(r"\((?:\\.|[^)])*\)", "", drawn)  # what is written may look like a colour
        assert re.search(r"\d g\b", drawn)
        coloured = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", drawn)
        assert all(red == green == blue for red, green, blue in coloured)
        assert not re.search(r"\d (?:k|K|sc|SC|scn|SCN)\b", drawn)


def test_little_is_known_and_names_are_long_and_strange(filled, example) -> None:
    from mmm_assets.report.handout.pages import build_handout

    many = tuple(f"a channel with a long name, number {n}, 検索" for n in range(14))
    poor = filled(example(regions=1, weeks=40, spend=False, holdout=0, channels=many))
    poor.execute("DELETE FROM mart.trust_tests")
    content, lacking = build_handout(poor, example().week)
    first, second = pages_of(content)
    assert lacking == {"検", "索"}
    assert "5 more in the dashboard" in first and "No week was held out" in second
    assert "not tested" in second


def test_the_command_writes_both_and_says_what_it_cannot(
    refreshed: ProjectConfig, tmp_path: Path
) -> None:
    workbook, paper = tmp_path / "results.xlsx", tmp_path / "headline.pdf"
    code, said = run("export", "-c", refreshed.path, "--xlsx", workbook, "--pdf", paper)
    assert code == 0, said
    assert workbook.exists() and len(pages_of(paper.read_bytes())) == 2
    code, said = run("export", "-c", refreshed.path, "--pdf", paper, "--font", refreshed.path)
    assert code == EXIT["usage"] and "no TrueType font" in said
