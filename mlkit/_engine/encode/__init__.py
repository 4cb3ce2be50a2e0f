"""Columns to codes: categories and quantiles."""
