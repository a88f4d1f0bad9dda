"""The headline of a refresh on two pages of paper, readable in shades of grey."""
