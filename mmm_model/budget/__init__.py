"""What to do: how a budget is split over channels, regions and weeks."""
