"""The equation: what the KPI is made of, and how data become its scale."""
