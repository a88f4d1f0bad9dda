"""Budgets: a total split over channels, regions and weeks."""
