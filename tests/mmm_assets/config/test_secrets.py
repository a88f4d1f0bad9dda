"""What can only be a password is refused, unsaid; what merely reads like one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmm_assets.config import load_config
from mmm_assets.config.errors import ConfigError
from tests.mmm_assets.tiny_project import write_tables

SECRET = "geheim2026"


def with_kpi(folder: Path, sql: str) -> Path:
    write_tables(folder)
    file = folder / "mmm.yaml"
    text = file.read_text().replace("{source: kpi.csv,", "{sql: SQL_HERE,")
    quoted = '"' + sql.replace('"', '\\"') + '"'
    file.write_text(text.replace("SQL_HERE", quoted))
    return file


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT * FROM postgres_scan('host=db user=mmm password={SECRET}', 'public', 'kpi')",
        f"SELECT * FROM postgres_scan('host=db PWD={SECRET};user=mmm', 'public', 'kpi')",
        f"SELECT * FROM postgres_scan($$password='{SECRET}' host=db$$, 'public', 'kpi')",
        f"SELECT * FROM postgres_scan('postgresql://mmm:{SECRET}@db/sales', 'public', 'kpi')",
        f"SELECT * FROM read_csv('https://host/kpi.csv?access_token={SECRET}')",
        f"SELECT * FROM some_scan('kpi', api_key := '{SECRET}')",
        f"-- don't forget\nSELECT * FROM mysql_scan('password={SECRET}', 'a', 'b')".replace(
            "\n", "\\n"
        ),
    ],
)
def test_a_password_in_a_query_is_refused_and_not_repeated(tmp_path: Path, sql: str) -> None:
    with pytest.raises(ConfigError, match=r"tables\.kpi\.sql \(line \d+\): .*\$\{NAME\}") as caught:
        load_config(with_kpi(tmp_path, sql))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM postgres_scan('host=db user=mmm password=${PG}', 'public', 'kpi')",
        "SELECT * FROM postgres_scan('postgresql://mmm:${PG}@db/sales', 'public', 'kpi')",
        "SELECT week, token, pwd FROM 'kpi.csv' WHERE token = 'abc' AND password <> 'none'",
        "SELECT * FROM 'kpi.csv' WHERE campaign LIKE '%password=%' -- the token=word campaign",
        "SELECT * FROM read_csv('https://host:8080/a@b.csv') -- password=not one",
        "SELECT * FROM 'kpi.csv' WHERE channel = 'Secret Escapes' OR note = 'what''s the token'",
    ],
)
def test_what_merely_reads_like_one_is_not(tmp_path: Path, sql: str) -> None:
    assert load_config(with_kpi(tmp_path, sql)).tables.kpi.sql == sql


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (f"notify: {{url: 'https://mmm:{SECRET}@hooks.example.com'}}", "notify.url"),
        (f"notify: {{url: 'https://example.com/hook?token={SECRET}'}}", "notify.url"),
        (f"notify: {{url: 'https://hooks.slack.com/services/T1/B2/{SECRET}'}}", "notify.url"),
        (f"notify: {{command: [tell, '--password={SECRET}']}}", "notify.command.1"),
        (f"queries: {{folders: ['s3://bucket/?s3_secret_access_key={SECRET}']}}",
         "queries.folders.0"),
    ],
)  # fmt: skip
def test_a_password_elsewhere_is_refused(tmp_path: Path, line: str, key: str) -> None:
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(ConfigError, match="looks like a password") as caught:
        load_config(file)
    assert key in str(caught.value) and SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        'notify: {url: "${MMM_HOOK}"}',
        "notify: {url: 'https://hooks.slack.com/services/${HOOK}'}",
        "notify: {url: 'https://example.com:8443/hooks/mmm', command: [tell, --team, marketing]}",
        "kpi_name: tokens sold",
    ],
)
def test_other_addresses_and_names_are_not(tmp_path: Path, line: str) -> None:
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    key = line.split(":")[0]
    kept = [said for said in file.read_text().splitlines() if not said.startswith(f"{key}:")]
    file.write_text("\n".join([*kept, line]) + "\n")
    load_config(file)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (
            "queries: {attach: {crm: {postgres: {host: db, database: sales, user: mmm, "
            f"password: {SECRET}}}}}}}}}",
            r"queries\.attach\.crm\.postgres\.password",
        ),
        (
            "queries: {buckets: {b: {scope: s3://acme/, key_id: '${KEY}', "
            f"secret: {SECRET}}}}}}}",
            r"queries\.buckets\.b\.secret",
        ),
    ],
)
def test_databases_and_buckets_name_variables(tmp_path: Path, line: str, key: str) -> None:
    file = with_kpi(tmp_path, "SELECT 1")
    file.write_text(f"{file.read_text()}{line}\n")
    with pytest.raises(ConfigError, match=rf"{key} \(line \d+\): .*\$\{{NAME\}}") as caught:
        load_config(file)
    assert SECRET not in str(caught.value)
    file.write_text(file.read_text().replace(SECRET, "'${NAME}'"))
    load_config(file)
