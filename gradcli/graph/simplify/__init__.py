"""Formulas in their shortest form: a graph in normal form, rewritten by the rules of a table."""
