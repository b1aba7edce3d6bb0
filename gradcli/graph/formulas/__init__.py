"""Nodes as formulas: their text, simplified as it is made."""
