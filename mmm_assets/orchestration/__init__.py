"""Everything that imports Dagster; begins in ``definitions``."""
