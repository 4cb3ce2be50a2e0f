"""Compiled primitives with two owners or more: scans, hashing, sparse rows and columns."""
