"""Generalised linear models: Design × Loss × Penalty × Solver."""
