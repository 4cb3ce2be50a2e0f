"""Kernel functions, and the machines built on them."""
