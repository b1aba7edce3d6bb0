"""The library: a model that is asked in Python what the command line asks in a shell."""
