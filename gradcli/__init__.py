"""gradcli: a command-line gradient workbench."""

__version__ = "0.1.0"
