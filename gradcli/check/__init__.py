"""Judging derivatives: by the backward pass, by differences, by a claim, and what mends it."""
