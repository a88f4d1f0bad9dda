"""What needs no browser: contexts, sizes, words, the index."""

from __future__ import annotations

import json
import re
from datetime import date

import duckdb
import pandas as pd
import pytest

from mmm_assets.report import ReportContext, build_index, build_report, escape, words
from mmm_assets.report.views.media import standing_out


def test_a_week_without_results_is_refused(filled, example):
    with pytest.raises(LookupError, match="2020-01-06"):
        build_report(filled(example()), date(2020, 1, 6))


def test_names_given_by_the_caller_win(filled, example):
    case = example(regions=2, published=False)
    about = ReportContext("Brand", "sign-ups", "SEK", "sunday")
    html = build_report(filled(case), case.week, about)
    assert "sign-ups" in html
    assert "SEK" in html
    assert "Weeks begin on Sundays and are named by their Monday." in html


def test_a_year_of_many_regions_stays_under_twelve_megabytes(filled, example):
    case = example(
        regions=190,
        weeks=109,
        channels=tuple(f"channel {i}" for i in range(13)),
        controls=tuple(f"control {i}" for i in range(8)),
    )
    assert len(build_report(filled(case), case.week).encode()) < 12e6


def test_the_report_loads_nothing(filled, example):
    case = example(regions=2)
    html = build_report(filled(case), case.week)
    assert "default-src 'none'" in html
    assert "<script src" not in html
    assert '<link rel="stylesheet"' not in html


def test_lift_tests_stand_beside_what_the_model_says(filled, example):
    case = example(regions=2)
    html = build_report(filled(case), case.week)
    assert "The model reads 2 lift tests" in html
    assert "conflicts with everything else" in html


def test_forecasts_of_earlier_refreshes_are_shown_once_there_are_some(filled, example):
    case = example(regions=2)
    connection = filled(case)
    html = build_report(connection, case.week)
    said = re.sub(r"\s", " ", html)
    assert "4 earlier refreshes beat the last value, with a skill of +31 %" in said
    assert "88 % of them lay in the 90 % interval" in said
    connection.execute("DELETE FROM mart.forecast_skill")
    assert 'id="fit-track"' not in build_report(connection, case.week)


def test_the_index_lists_every_refresh(filled, example):
    early, late = date(2026, 11, 9), date(2026, 11, 16)
    connection = filled(example(week=early, regions=2), example(week=late, regions=2))
    connection.execute(
        "UPDATE mart.refreshes SET status = 'held', reason = '<b>gate</b>' WHERE refresh_week = ?",
        [early],
    )
    html = build_index(connection)
    brought = connection.execute(
        "SELECT sum(direct), sum(spend) FROM mart.channel_summary WHERE refresh_week = ?", [late]
    ).fetchone()
    assert f"{words.number(brought[0])} orders" in html
    assert words.money(brought[1], "EUR") in html
    assert html.index(f'href="{late}/index.html"') < html.index(f'href="{early}/index.html"')
    assert "held: &lt;b&gt;gate&lt;/b&gt;" in html


def test_a_warehouse_of_an_earlier_version_is_read(filled, example, tmp_path):
    case = example(regions=2)
    connection = filled(case)
    connection.execute("DROP TABLE mart.media")
    connection.execute("ALTER TABLE mart.optimal_budgets DROP COLUMN binding")
    file = tmp_path / "old.duckdb"
    connection.execute(f"ATTACH '{file}' AS old")
    connection.execute("COPY FROM DATABASE memory TO old")
    connection.execute("DETACH old")
    with duckdb.connect(str(file), read_only=True) as old:
        html = build_report(old, case.week)
        assert "was not kept in this refresh" in html
        assert build_index(old).count("<tr>") == 2


def test_script_json_cannot_end_its_script():
    packed = escape.script_json(
        {"name": "</script><!-- \u2028 &", "value": [float("nan"), 1.23456]}
    )
    assert not set("<>&\u2028") & set(packed)
    assert json.loads(packed) == {"name": "</script><!-- \u2028 &", "value": [None, 1.235]}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1_234_567, "1.23 M"), (45_600, "45.6 k"), (1234, "1,230"), (999.6, "1,000"),
        (0.123, "0.123"), (-2e9, "−2 bn"), (0, "0"), (None, "unknown"), (float("nan"), "unknown"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(value, written):
    assert words.number(value).replace(words.SPACE, " ") == written


def test_shares_money_and_lists():
    assert words.percent(0.034).replace(words.SPACE, " ") == "3.4 %"
    assert words.percent(-0.2, signed=True).replace(words.SPACE, " ") == "−20 %"
    assert words.money(1.2e6, "EUR").replace(words.SPACE, " ") == "1.2 M €"
    assert words.money(-1.2e6, "USD").replace(words.SPACE, " ") == "−$1.2 M"
    assert words.money(50, "") == "50"
    assert words.day("2026-01-05 00:00").replace(words.SPACE, " ") == "5 Jan 2026"
    assert words.shortened("one two three", 8) == "one two …"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(list("abcdef"), 2) == "a, b and 4 more"


@pytest.mark.parametrize(
    ("skill", "width", "verdict"),
    [(0.4, 0.3, "Good"), (0.4, 0.9, "With care"), (-0.2, 0.3, "Not yet"), (None, 0.3, "Untested")],
)
def test_trust_needs_a_forecast_and_known_effects(filled, example, skill, width, verdict):
    case = example(regions=2)
    connection = filled(case)
    connection.execute("UPDATE mart.holdout_metrics SET value = ? WHERE metric = 'skill'", [skill])
    connection.execute(
        "UPDATE mart.channel_summary SET contribution_lower = contribution * (1 - $1),"
        " contribution_upper = contribution * (1 + $1)",
        [width],
    )
    tiles = re.findall(r'"value">([^<]*)<', build_report(connection, case.week))
    assert tiles[-1] == verdict


def test_a_broken_gate_is_said_first(filled, example):
    case = example(regions=2)
    connection = filled(case)
    connection.execute("UPDATE mart.channel_summary SET direct = -1 WHERE channel = 'radio'")
    html = build_report(connection, case.week)
    assert re.findall(r'"value">([^<]*)<', html)[4] == "Held"
    assert "Gate: media never hurts" in html
    assert "channel radio: direct contribution -1" in html


def test_a_week_stands_out_against_the_channel_itself():
    weeks = pd.Series([100.0, 110, 0, 90, 105, 95, 10_000, 100, 98])
    assert standing_out(weeks).abs().gt(5).tolist() == [i == 6 for i in range(9)]
    assert not standing_out(pd.Series([0.0, 0, 0])).any()
    assert not standing_out(pd.Series([5.0, 5, 5.5])).abs().gt(5).any()
