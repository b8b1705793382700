"""Exact and numeric values of trees, units and sets of real numbers."""
