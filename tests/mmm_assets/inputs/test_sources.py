import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.inputs.source_files import SourceChanged, SourceError, open_file
from mmm_assets.inputs.sources import load_raw, source_files
from mmm_assets.inputs.weekly_kpi import newest_week_in_source

NOW = datetime(2024, 1, 8, 6, tzinfo=UTC)


def test_rows_keep_text_and_provenance(small_project, connection) -> None:
    config = small_project.load(connection, NOW)
    row = connection.execute(
        "SELECT source, source_row, loaded_at, week, region, channel, spend, exposure "
        "FROM raw.media ORDER BY source_row LIMIT 1"
    ).fetchone()
    first = small_project.media.iloc[0]
    assert row == (
        "media.csv", 1, NOW.replace(tzinfo=None), "2023-01-02", "north", "tv",
        str(first["spend"]), str(first["impressions"]),
    )  # fmt: skip
    assert source_files(config) == [
        config.folder / f"{n}.csv" for n in ("controls", "kpi", "media")
    ]


def test_the_same_content_changes_nothing(small_project, connection) -> None:
    config = small_project.load(connection, NOW)
    (config.folder / "kpi.csv").touch()
    again = load_raw(connection, config, "kpi", NOW + timedelta(days=7))
    assert (again.rows, again.new_rows) == (120, 0)
    assert connection.execute("SELECT count(*) FROM raw.kpi").fetchone() == (120,)


def test_another_mapping_or_content_is_loaded(small_project, connection) -> None:
    small_project.load(connection, NOW)
    small_project.content["tables"]["kpi"]["value_per_kpi"] = 4.0
    config = small_project.write()
    assert load_raw(connection, config, "kpi", NOW).new_rows == 120
    small_project.kpi.loc[0, "sales"] = 1.0
    config = small_project.write()
    assert load_raw(connection, config, "kpi", NOW).new_rows == 120
    # Back to what was known before: the newest load must say so.
    small_project.kpi.loc[0, "sales"] = 2.0
    small_project.write()
    load_raw(connection, config, "kpi", NOW)
    small_project.kpi.loc[0, "sales"] = 1.0
    small_project.write()
    assert load_raw(connection, config, "kpi", NOW).new_rows == 120


def test_a_clock_set_back_does_not_reorder_loads(small_project, connection) -> None:
    config = small_project.load(connection, NOW)
    small_project.kpi.loc[0, "sales"] = 1.0
    small_project.write()
    load_raw(connection, config, "kpi", NOW - timedelta(days=400))
    times = connection.execute(
        "SELECT loaded_at FROM raw.loads WHERE role = 'kpi' ORDER BY load_id"
    ).fetchall()
    assert times[0] <= times[1]


def test_a_glob_loads_only_new_files(small_project, connection) -> None:
    small_project.content["tables"]["kpi"]["source"] = "kpi_*.csv"
    config = small_project.write()
    half = len(small_project.kpi) // 2
    small_project.kpi[:half].to_csv(config.folder / "kpi_1.csv", index=False)
    assert load_raw(connection, config, "kpi", NOW).new_rows == half
    small_project.kpi[half:].to_csv(config.folder / "kpi_2.csv", index=False)
    report = load_raw(connection, config, "kpi", NOW)
    assert (report.rows, report.new_rows) == (120, 60)


def test_parquet_wide_and_sql_give_the_same_rows(small_project, connection) -> None:
    wide = small_project.media.pivot(
        index=["week", "region"], columns="channel", values=["spend", "impressions"]
    )
    wide.columns = [f"{channel}_{what}" for what, channel in wide.columns]
    wide = wide.reset_index()
    wide.to_parquet(small_project.folder / "wide.parquet")
    mapping = {
        "week": "week",
        "region": "region",
        "spend": {"tv": "tv_spend", "search": "search_spend"},
        "exposure": {"tv": "tv_impressions", "search": "search_impressions"},
    }
    rows = (
        "SELECT week, region, channel, spend::DOUBLE, exposure::DOUBLE FROM raw.media "
        "WHERE load_id = ? ORDER BY ALL"
    )
    small_project.load(connection, NOW)
    expected = connection.execute(rows, [1]).fetchall()
    for source in ({"source": "wide.parquet"}, {"sql": "SELECT * FROM 'wide.parquet'"}):
        small_project.content["tables"]["media"] = source | mapping
        config = small_project.write()
        assert load_raw(connection, config, "media", NOW).new_rows == 240
        load = connection.execute("SELECT max(load_id) FROM raw.loads").fetchone()
        assert connection.execute(rows, load).fetchall() == expected
        assert load_raw(connection, config, "media", NOW).new_rows == 0


def test_odd_names_are_only_names(small_project, connection) -> None:
    odd = 'x"; DROP TABLE raw.loads; --'
    frame = small_project.kpi.rename(columns={"sales": odd})
    frame.to_csv(small_project.folder / "a [1]*'.csv", index=False)
    small_project.content["tables"]["kpi"] |= {"source": "a [1]*'.csv", "kpi": odd}
    media = small_project.content["tables"]["media"]
    for key in ("channel", "layout"):
        del media[key]
    media |= {"spend": {odd: "spend"}, "exposure": {"o'tv": "impressions"}}
    config = small_project.write()
    assert load_raw(connection, config, "kpi", NOW).new_rows == 120
    assert load_raw(connection, config, "media", NOW).new_rows == 480
    names = connection.execute("SELECT DISTINCT channel FROM raw.media ORDER BY 1").fetchall()
    assert names == [("o'tv",), (odd,)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        (b"", "is an empty file"),
        (b"week,region,sales,value\n", "has a header and no rows"),
        (b"\x00\x01\x02binary", "not a CSV file"),
        (b"PK\x03\x04rest", "spreadsheet or an archive"),
        (b"PAR1nothing", "not a readable Parquet file"),
        (b"{'some': 'text'}\nof another kind\n", "no column 'week'"),
        (b"week,region,value\n2024-01-01,north,2\n", "no column 'sales'"),
        (b"week,region,sales,sales,value\n2024-01-01,a,1,2,3\n", "2 columns named 'sales'"),
        (b"week,region,sales,value\n2024-01-01,north,1,2\n2024-01-08,north\n", "Line: 3"),
    ],
)
def test_what_cannot_be_read(
    small_project, connection, content: bytes | None, message: str
) -> None:
    config = small_project.write()
    file = config.folder / "kpi.csv"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SourceError, match=message) as error:
        load_raw(connection, config, "kpi", NOW)
    assert "kpi" in str(error.value)
    assert "\n" not in str(error.value)
    assert connection.execute("SELECT count(*) FROM raw.loads").fetchone() == (0,)


def test_a_missing_column_lists_what_is_there(small_project, connection) -> None:
    small_project.kpi = small_project.kpi.rename(columns={"sales": "sale"})
    config = small_project.write()
    with pytest.raises(SourceError, match=r"Did you mean 'sale'\? .*week, region, sale, value"):
        load_raw(connection, config, "kpi", NOW)


def test_a_glob_without_files(small_project, connection) -> None:
    small_project.content["tables"]["kpi"]["source"] = "delivered/*.csv"
    config = small_project.write()
    with pytest.raises(SourceError, match="no file matches"):
        load_raw(connection, config, "kpi", NOW)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM nowhere", "nowhere"),
        ("DROP TABLE raw.loads", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("SELECT * FROM 'kpi.csv' WHERE false", "no rows"),
        ("SELECT * FROM '${MMM_TEST_UNSET}'", "MMM_TEST_UNSET in the environment"),
    ],
)
def test_queries_that_cannot_be_used(small_project, connection, sql: str, message: str) -> None:
    kpi = small_project.content["tables"]["kpi"]
    del kpi["source"]
    kpi["sql"] = sql
    config = small_project.write()
    with pytest.raises(SourceError, match=message):
        load_raw(connection, config, "kpi", NOW)


def test_secrets_stay_out_of_messages_and_tables(
    small_project, connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMM_TEST_SECRET", "s3cr3t")
    kpi = small_project.content["tables"]["kpi"]
    del kpi["source"]
    kpi["sql"] = "SELECT * FROM '${MMM_TEST_SECRET}.csv'"
    config = small_project.write()
    with pytest.raises(SourceError) as error:
        load_raw(connection, config, "kpi", NOW)
    assert "s3cr3t" not in str(error.value)
    (config.folder / "kpi.csv").rename(config.folder / "s3cr3t.csv")
    load_raw(connection, config, "kpi", NOW)
    kept = connection.execute("SELECT * FROM raw.loads").fetchall()
    assert "s3cr3t" not in str(kept)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_spreadsheet_exports(small_project, connection, encoding: str) -> None:
    frame = small_project.kpi.replace({"region": {"north": "Köln"}})
    frame["sales"] = frame["sales"].map(lambda value: f"{value:_.2f}".translate({95: ".", 46: ","}))
    small_project.content["tables"]["kpi"] |= {"decimal": ",", "date_format": "%d.%m.%Y"}
    frame["week"] = pd.to_datetime(frame["week"]).dt.strftime("%d.%m.%Y")
    config = small_project.write()
    text = frame.to_csv(index=False, sep=";")
    (config.folder / "kpi.csv").write_bytes(text.encode(encoding))
    load_raw(connection, config, "kpi", NOW)
    found = connection.execute("SELECT DISTINCT region FROM raw.kpi ORDER BY 1").fetchall()
    assert found == [("Köln",), ("south",), ("west",)]
    assert newest_week_in_source(config) == date(2023, 10, 2)


def test_rows_that_a_spreadsheet_left_empty_are_no_rows(small_project, connection) -> None:
    config = small_project.write()
    with (config.folder / "kpi.csv").open("a") as stream:
        stream.write(",,,\n,,,\n")
    assert load_raw(connection, config, "kpi", NOW).rows == 120


def test_an_optional_table_that_is_not_configured(small_project, connection) -> None:
    config = small_project.write()
    report = load_raw(connection, config, "lift_tests", NOW)
    assert (report.rows, report.source) == (0, "not configured")
    assert connection.execute("SELECT count(*) FROM raw.lift_tests").fetchone() == (0,)


def test_a_load_that_fails_within_a_transaction_leaves_nothing(
    small_project, tmp_path: Path
) -> None:
    with duckdb.connect(str(tmp_path / "work.duckdb")) as connection:
        config = small_project.load(connection, NOW)
        (tmp_path / "kpi.csv").write_text("week,region,sales,value\n2024-01-01,a,1,2\nbroken\n")
        connection.begin()
        with pytest.raises(SourceError):
            load_raw(connection, config, "kpi", NOW)
        connection.rollback()
        assert connection.execute("SELECT count(*) FROM raw.kpi").fetchone() == (120,)


@pytest.mark.parametrize("how", ["written to", "replaced"])
def test_a_file_that_changes_while_it_is_read_is_noticed(how: str, small_project, connection):
    config = small_project.write()
    file = config.folder / "kpi.csv"
    delivery = open_file(connection, "kpi", file, "kpi.csv")
    delivery.require_unchanged()
    if how == "replaced":
        status = file.stat()
        other = file.with_name("new.csv")
        other.write_bytes(file.read_bytes())
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(file)
    else:
        file.write_text(file.read_text() + "2023-10-09,north,5,2.5\n")
    with pytest.raises(SourceChanged, match=r"kpi: kpi\.csv was changed while it was read"):
        delivery.require_unchanged()
