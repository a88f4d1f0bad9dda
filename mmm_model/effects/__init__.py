"""What a fit says: contributions, mediation, curves, holdout scores, forecasts kept."""
