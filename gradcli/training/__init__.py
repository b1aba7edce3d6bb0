"""A descent as a job: what it moves, on which rows, saved, resumed, repeated and ended."""
