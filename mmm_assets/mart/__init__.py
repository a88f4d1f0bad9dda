"""The contract with analysts as data: tables, columns, gates; holds no code that computes."""

from mmm_assets.mart.contract import Column, Table
from mmm_assets.mart.tables import BY_NAME, TABLES

__all__ = ["BY_NAME", "TABLES", "Column", "Table"]
