"""The platform: from raw tables to a published refresh, on Dagster and DuckDB."""
