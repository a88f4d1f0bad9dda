"""Errors of the warehouse, worded for a person."""

from __future__ import annotations


class WarehouseError(RuntimeError):
    """The warehouse cannot be used as it should; the message says why, for a person."""


class WarehouseBusy(WarehouseError):
    """Another process held the warehouse or a refresh week for longer than one should wait."""
