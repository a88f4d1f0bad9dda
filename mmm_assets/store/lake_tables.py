"""The tables of a project in DuckLake: a catalogue in PostgreSQL, rows in files on a disk or in S3.

Two lakes stand for the two files: working tables, and published ones, each a schema of the same
catalogue. A publication is one transaction of the published lake; a reader sees the state of the
moment at which it began, and waits for nobody.

DuckLake refuses a transaction that replaces rows of a table in which another has replaced rows
meanwhile, whichever rows. So transactions of the working tables take turns, as those of the file
do, though they open no file; what lasts, training for one, happens outside of them. DuckLake has
no keys either: a publication checks itself what a key would.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import duckdb

from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.migrations import migrate, require_known_version
from mmm_assets.store.publishing import Change, require_unique_weeks
from mmm_assets.store.schema import create_mart, create_schemas
from mmm_assets.store.sql_text import quote_text

WORK, PUBLISHED = "work", "published"
"""Names under which the two lakes are attached."""

_OUTAGES = (duckdb.IOException, duckdb.ConnectionException, duckdb.HTTPException)
_CUT = re.compile("connect|terminat|Failed to (commit|execute query)|server closed", re.IGNORECASE)
"""In other errors of DuckDB, what PostgreSQL says of an outage."""

_KEPT_STATES = "7 days"
"""How long a state can be gone back to; longer than any reader is at work."""

_SECRET = """
    CREATE OR REPLACE SECRET lake (
        TYPE s3, KEY_ID {AWS_ACCESS_KEY_ID}, SECRET {AWS_SECRET_ACCESS_KEY}, REGION {AWS_REGION}
        {endpoint}
    )
"""


@dataclass(frozen=True)
class Lake:
    """A place for the tables of one project.

    Parameters
    ----------
    catalogue
        ``postgres:`` and a connection string of libpq, in which ``${NAME}`` is a variable of the
        environment.
    name
        Schema of the catalogue with the published tables; ``<name>_work`` has the working ones.
    data
        Folder of the files, or ``s3://…``.
    """

    catalogue: str
    name: str
    data: str

    def __str__(self) -> str:
        """Say where it is; variables stay names."""
        return f"ducklake:{self.catalogue}, schema {self.name}"


@dataclass(frozen=True)
class LakeTables:
    """The tables of a warehouse in DuckLake; connections stay open in a process.

    Parameters
    ----------
    memory_limit
        What DuckDB may use; it spills to a temporary folder beyond that. None: its default.
    """

    lake: Lake
    memory_limit: str | None
    _open: dict[str, duckdb.DuckDBPyConnection] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def there(self) -> bool:
        """Whether anything was ever loaded."""
        try:
            self._attached(WORK, read_only=True).close()
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def open_work(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the working tables, complete and of this release's layout; the turn is held."""
        if WORK not in self._open:
            connection = self._attached(WORK)
            _forget_old_states(connection, WORK)
            migrate(connection, self._place, "work")
            with _transaction(connection):
                create_schemas(connection)
            self._open[WORK] = connection
        with self._cursor(WORK) as connection:
            yield connection

    @contextmanager
    def open_published(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the published tables read-only, as they are now."""
        if PUBLISHED not in self._open:
            connection = self._attached(PUBLISHED, read_only=True)
            require_known_version(connection, self._place)
            self._open[PUBLISHED] = connection
        with self._cursor(PUBLISHED) as connection:
            connection.execute("DETACH DATABASE IF EXISTS completed")  # see ``earlier_version``
            connection.begin()
            yield connection
            with suppress(duckdb.Error):
                connection.rollback()

    def publish(self, change: Change, warn: Callable[[str], None], anew: bool) -> None:
        """Change the published tables in one transaction; the turn is held."""
        with self._in_words(), self._attached(PUBLISHED) as connection:
            _forget_old_states(connection, PUBLISHED)
            migrate(connection, self._place, "published")
            with suppress(FileNotFoundError):
                self.attach_work(connection)
            with _transaction(connection):
                create_mart(connection)
                if anew:
                    _empty(connection)
                change(connection)
                require_unique_weeks(connection)
            connection.execute("CHECKPOINT")

    def attach_work(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the working tables as ``work``, for reading."""
        self._attach(connection, WORK, read_only=True)

    def sweep(self) -> None:
        """Nothing: what DuckDB spills goes with its process."""

    def give_back(self) -> None:
        """Merge small files, and delete those of old states; the turn is held."""
        with self.open_work() as connection:
            connection.execute("CHECKPOINT")

    @property
    def _place(self) -> Path:
        """Names the lake to people where a file would be named."""
        return Path(self.lake.name)

    @contextmanager
    def _cursor(self, which: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Use an open connection; one that fails is not used again."""
        with self._in_words(), self._open[which].cursor() as cursor:
            try:
                cursor.execute(f"USE {which}")
                yield cursor
            except duckdb.Error:
                self._open.pop(which, None)
                raise

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say that the catalogue or the files cannot be reached."""
        try:
            yield
        except duckdb.Error as error:
            if not isinstance(error, _OUTAGES) and not _CUT.search(str(error)):
                raise
            raise WarehouseError(self._said(error)) from None

    def _attached(self, which: str, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        """Make a connection that has one of the lakes as its database."""
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,  # a refresh must not depend on a network
            "temp_directory": tempfile.gettempdir(),
        }
        if self.memory_limit is not None:
            settings["memory_limit"] = self.memory_limit
        connection = duckdb.connect(config=settings)
        try:
            self._attach(connection, which, read_only)
            connection.execute(f"USE {which}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _attach(self, connection: duckdb.DuckDBPyConnection, which: str, read_only: bool) -> None:
        for name in self._extensions:
            connection.execute(f"LOAD {quote_text(extension(name))}")
        if self._in_bucket:
            connection.execute(_bucket_secret())
        schema = self.lake.name if which == PUBLISHED else f"{self.lake.name}_work"
        data = f"{self.lake.data}/{schema}"
        if not self._in_bucket and not read_only:
            Path(data).mkdir(parents=True, exist_ok=True)
        options = f"METADATA_SCHEMA {quote_text(schema)}"
        options += ", READ_ONLY" if read_only else f", DATA_PATH {quote_text(data + '/')}"
        try:
            connection.execute(
                f"ATTACH {quote_text(f'ducklake:{self._catalogue}')} AS {which} ({options})"
            )
        except duckdb.Error as error:
            if read_only and "creating a new DuckLake" in str(error):
                raise FileNotFoundError(f"nothing is published yet in {self.lake}") from None
            raise WarehouseError(self._said(error)) from None

    @cached_property
    def _catalogue(self) -> str:
        """The catalogue's address, with values from the environment."""
        return re.sub(r"\$\{(\w+)\}", lambda name: _variable(name[1]), self.lake.catalogue)

    @property
    def _in_bucket(self) -> bool:
        return "://" in self.lake.data

    @property
    def _extensions(self) -> tuple[str, ...]:
        return ("ducklake", "postgres_scanner", *(("httpfs",) if self._in_bucket else ()))

    def _said(self, error: Exception) -> str:
        """Say what failed; values from the environment stay unsaid."""
        said = " ".join(str(error).split()).replace(self._catalogue, self.lake.catalogue)
        for name in re.findall(r"\$\{(\w+)\}", self.lake.catalogue):
            said = said.replace(os.environ[name], f"${{{name}}}")
        return (
            f"{self.lake} cannot be used: {said[:400]}. What is published stays as it is; say the "
            "command again when it can be reached"
        )


def extension(name: str) -> str:
    """File of an extension of DuckDB that is installed as a Python package.

    Raises
    ------
    WarehouseError
        If it is not installed.
    """
    package = find_spec(f"duckdb_extension_{name}")
    if package is None or package.origin is None:
        raise WarehouseError(
            f"DuckLake needs duckdb-extension-{name.replace('_', '-')}. Install the extra:  "
            "pip install 'mmm-platform[scale]'"
        )
    folder = Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}"
    return str(folder / f"{name}.duckdb_extension")


def _forget_old_states(connection: duckdb.DuckDBPyConnection, which: str) -> None:
    """Let the next checkpoint forget states that no reader can still be at, and their files."""
    for option in ("expire_older_than", "delete_older_than"):
        connection.execute(f"CALL {which}.set_option('{option}', '{_KEPT_STATES}')")


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):
            connection.rollback()
        raise
    connection.commit()


def _empty(connection: duckdb.DuckDBPyConnection) -> None:
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND schema_name = 'mart'"
    ).fetchall()
    for (table,) in tables:
        connection.execute(f"DELETE FROM mart.{table}")


def _bucket_secret() -> str:
    """SQL that lets DuckDB into the bucket, with keys from the environment."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
    keys = {name: quote_text(_variable(name)) for name in names}
    scheme, _, host = os.environ.get("AWS_ENDPOINT_URL", "").partition("://")
    secure = "true" if scheme == "https" else "false"
    endpoint = f", ENDPOINT {quote_text(host)}, URL_STYLE 'path', USE_SSL {secure}" if host else ""
    return _SECRET.format(**keys, endpoint=endpoint)


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise WarehouseError(f"the tables need {name} in the environment")
    return value
