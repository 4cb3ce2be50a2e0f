"""Distances, neighbours and graphs."""
