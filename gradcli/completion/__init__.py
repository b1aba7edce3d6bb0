"""Completion in bash, zsh and fish: a script a shell, and the candidates that it asks for."""
