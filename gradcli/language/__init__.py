"""The language: text becomes a Program."""

from gradcli.language.bindings import Binding, parse_binding
from gradcli.language.parser import parse
from gradcli.language.program import Call, Column, Program, Statement
from gradcli.language.sources import Source, read_source, sample_names, sample_text

__all__ = [
    "Binding",
    "Call",
    "Column",
    "Program",
    "Source",
    "Statement",
    "parse",
    "parse_binding",
    "read_source",
    "sample_names",
    "sample_text",
]
