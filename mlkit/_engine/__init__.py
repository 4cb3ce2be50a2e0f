"""Algorithms on arrays: no estimators, no frames, no names of options."""
