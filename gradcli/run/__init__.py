"""From a graph to numbers."""
