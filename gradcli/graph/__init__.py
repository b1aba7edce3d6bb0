"""The mathematics: a flat graph, the op table, reverse mode, and how nodes are written."""
