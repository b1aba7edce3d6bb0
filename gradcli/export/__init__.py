"""Graph → code: the list of nodes, written in another language."""
