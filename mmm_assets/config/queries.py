"""The section ``queries`` of the configuration: what the queries of sources may reach.

What is secret stands here only as ``${NAME}``, a variable of the environment.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mmm_assets.config.tables import Name, Section

Extension = Annotated[str, StringConstraints(pattern=r"^\w+$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]
FromEnvironment = Annotated[str, StringConstraints(pattern=r"^\$\{\w+\}$")]
Folder = Annotated[str, StringConstraints(pattern=r"^\w+://[^/]+/")]


class PostgresServer(Section):
    """A database of PostgreSQL; DuckDB's extension postgres_scanner reads it."""

    host: Name = Field(description="name or address of the server")
    port: int = Field(default=5432, ge=1, le=65535, description="where it listens")
    database: Name = Field(description="name of the database")
    user: Name = Field(description="a role that may read, and needs no more")
    password: FromEnvironment | None = Field(
        default=None, description="${NAME}: the variable that holds it; null: none is asked for"
    )
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = Field(
        default="prefer", description="whether the connection is encrypted, as libpq says it"
    )


class AttachedDatabase(Section):
    """A database that queries read as NAME.SCHEMA.TABLE; they cannot write to it."""

    file: Name | None = Field(
        default=None, description="of DuckDB, from the folder of this file; or postgres: …"
    )
    postgres: PostgresServer | None = Field(default=None, description="a server; or file: …")

    @model_validator(mode="after")
    def _one_place(self) -> AttachedDatabase:
        if (self.file is None) == (self.postgres is None):
            raise ValueError("give either 'file' (of DuckDB) or 'postgres' (a server)")
        return self


class Bucket(Section):
    """Object storage; DuckDB's extension httpfs reads it."""

    scope: Folder = Field(description="what queries may read there, e.g. s3://acme-exports/ads/")
    type: Literal["s3", "gcs", "r2"] = Field(
        default="s3", description="s3: Amazon's and what is compatible; gcs: Google's, by HMAC keys"
    )
    key_id: FromEnvironment = Field(description="${NAME}: the variable that holds it")
    secret: FromEnvironment = Field(description="${NAME}: the variable that holds it")
    session_token: FromEnvironment | None = Field(
        default=None, description="${NAME}, of temporary keys"
    )
    region: Name | None = Field(default=None, description="of the bucket, e.g. eu-central-1")
    endpoint: Name | None = Field(
        default=None, description="HOST:PORT of a compatible storage; null: the vendor's own"
    )
    url_style: Literal["vhost", "path"] = Field(
        default="vhost", description="path, where buckets have no host names of their own"
    )
    use_ssl: bool = Field(default=True, description="false: HTTP without encryption")


class QueriesSection(Section):
    """What ``tables.*.sql`` may read besides the folder of the configuration."""

    folders: tuple[Name, ...] = Field(
        default=(),
        description="folders, or s3://BUCKET/, that queries may read besides that of this file",
    )
    extensions: tuple[Extension, ...] = Field(
        default=(),
        description="of DuckDB that queries need besides those of attach and buckets; installed",
    )
    attach: dict[Label, AttachedDatabase] = Field(
        default={}, description="databases that queries may read, by the name they have there"
    )
    buckets: dict[Label, Bucket] = Field(
        default={}, description="object storage that queries may read, with its keys"
    )

    @property
    def needed_extensions(self) -> tuple[str, ...]:
        """Extensions that are named, and those that databases and buckets need."""
        servers = any(database.postgres for database in self.attach.values())
        implied = (
            *(["postgres_scanner"] if servers else []),
            *(["httpfs"] if self.buckets else []),
        )
        return tuple(dict.fromkeys((*self.extensions, *implied)))
