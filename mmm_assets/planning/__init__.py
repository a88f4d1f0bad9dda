"""Budgets asked for between two refreshes, from saved fits."""
