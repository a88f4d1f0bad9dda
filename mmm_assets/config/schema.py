"""The JSON schema of ``mmm.yaml``, by which editors complete and check its keys."""

from __future__ import annotations

import json

from mmm_assets.config.project import ProjectConfig

SCHEMA_FILE = "mmm.schema.json"
"""Name of the schema beside an ``mmm.yaml``."""

MODELINE = f"yaml-language-server: $schema={SCHEMA_FILE}"
"""Comment in the first line of an ``mmm.yaml`` by which editors find its schema."""


def schema_text() -> str:
    """Write the schema: every key with its title, meaning, type, bounds and default."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ProjectConfig.model_json_schema(),
        "title": "mmm.yaml",
    }
    # Descriptions of sections are docstrings, whose names stand in double backticks.
    return json.dumps(schema, indent=2, ensure_ascii=False).replace("``", "`") + "\n"
