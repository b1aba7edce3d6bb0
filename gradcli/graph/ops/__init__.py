"""The op table, one module a family."""
