"""Report → a screen, a pipe or a file. Nothing else in gradcli prints."""

from __future__ import annotations

from gradcli.report.emit import FORMATS, check_pager, check_theme, chosen_format, emit
from gradcli.report.messages import complain, note, warn
from gradcli.report.output import choose_color
from gradcli.report.progress import Progress
from gradcli.report.report import Report

__all__ = [
    "FORMATS",
    "Progress",
    "Report",
    "check_pager",
    "check_theme",
    "choose_color",
    "chosen_format",
    "complain",
    "emit",
    "note",
    "warn",
]
