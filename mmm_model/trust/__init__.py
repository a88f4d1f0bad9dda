"""Tests of how far a fit can be believed, on the data that it was fitted to.

A test reads a panel, a fitted model and its settings, and knows no truth. It returns rows of
`verdicts.COLUMNS`; what it costs is a fit with short chains at most.
"""
