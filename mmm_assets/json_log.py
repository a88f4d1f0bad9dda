"""The name under which Dagster homes that were filled by release 0.1 know their log handler."""

from mmm_assets.orchestration.json_log import JsonLinesHandler

__all__ = ["JsonLinesHandler"]
