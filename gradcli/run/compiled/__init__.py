"""Graphs as straight-line Python, and the calls of NumPy that it is made of."""
