"""Folds, candidates, results: one fit-and-score for searches, curves and meta-estimators."""
