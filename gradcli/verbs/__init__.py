"""One module a verb, each returning a Report."""
