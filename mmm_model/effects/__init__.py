"""Estimates of a fit: contributions, mediation, curves, holdout scores, forecasts kept.

A table of the mart is one file and one function of the same name.
"""
