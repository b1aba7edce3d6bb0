"""Markdown and LaTeX tables."""

from __future__ import annotations

import io
import math
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gradcli.latex import latex_numbers, latex_text
from gradcli.report import Report, emit


def written(report, **options):
    stream = io.StringIO()
    emit(report, stream=stream, **options)
    return stream.getvalue()


def test_markdown(grad_report):
    assert (
        written(grad_report, format="md")
        == """\
| node | kind | expression | inputs | shape | value | ∂e/∂node |
| --- | --- | --- | --- | --- | ---: | ---: |
| `a` | variable | `a` |  |  | 2 | 2 |
| `b` | variable | `b` |  |  | 1 | 5 |
| `v1` | operation | `a + b` | `a, b` |  | 3 | 2 |
| `1` | literal | `1` |  |  | 1 |  |
| `v2` | operation | `b + 1` | `b, 1` |  | 2 | 3 |
| `e` | operation | `v1 * v2` | `v1, v2` |  | 6 | 1 |
"""
    )


def test_latex(grad_report):
    grad_report.headings = {"grad": "∂e"}
    assert (
        written(grad_report, format="latex")
        == r"""\begin{tabular}{lllllrr}
\hline
node & kind & expression & inputs & shape & value & \ensuremath{\partial}e \\
\hline
\texttt{a} & variable & \texttt{a} &  &  & $2$ & $2$ \\
\texttt{b} & variable & \texttt{b} &  &  & $1$ & $5$ \\
\texttt{v1} & operation & \texttt{a + b} & \texttt{a}, \texttt{b} &  & $3$ & $2$ \\
\texttt{1} & literal & \texttt{1} &  &  & $1$ &  \\
\texttt{v2} & operation & \texttt{b + 1} & \texttt{b}, \texttt{1} &  & $2$ & $3$ \\
\texttt{e} & operation & \texttt{v1 * v2} & \texttt{v1}, \texttt{v2} &  & $6$ & $1$ \\
\hline
\end{tabular}
"""
    )


def test_digits():
    report = Report("eval", ["value"], [{"value": 2 / 3}])
    assert written(report, format="md", digits=3).splitlines()[2] == "| 0.667 |"
    assert written(report, format="latex", digits=17).splitlines()[4] == "$0.6666666666666666$ \\\\"


def cells_that_github_shows(text):
    """The text of every cell of the one table, by a Markdown parser."""
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") == 1
    cells = re.findall(r"<t[hd](?: style=\"[^\"]*\")?>(.*?)</t[hd]>", html, re.DOTALL)
    plain = [re.sub(r"</?code>", "", cell) for cell in cells]
    assert not [cell for cell in plain if "<" in cell]
    for entity, character in {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}.items():
        plain = [cell.replace(entity, character) for cell in plain]
    return plain


@pytest.mark.parametrize("column", ["expression", "name"])
@pytest.mark.parametrize(
    "text",
    [
        "a*b*c", "a_b_c", "x | y", "[x](y)", "<b>x</b>", "f(`x`)", "a\\b", "1 < 2 & 3 > 2", "**x**",
        "&amp;", "W[0, :]", "~~x~~", "# x", "- x", "1. x", "$x$", "!x", "\\|", "θ₁·ŷ",
    ],
)  # fmt: skip
def test_markdown_shows_what_was_meant(column, text):
    report = Report("eval", [column], [{column: text}])
    assert cells_that_github_shows(written(report, format="md")) == [column, text]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_markdown_shows_any_text(text):
    report = Report("eval", ["expression", "name"], [{"expression": text, "name": text}])
    shown = cells_that_github_shows(written(report, format="md"))
    assert shown == ["expression", "name", text, text]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b % $5 & #1 {x}", r"a\_b \% \$5 \& \#1 \{x\}"),
        ("x^2 ~ \\y", r"x\textasciicircum{}2 \textasciitilde{} \textbackslash{}y"),
        ("a < b | c > d", r"a \textless{} b \textbar{} c \textgreater{} d"),
        ("∂²e/∂θ₁ᵀ", r"\ensuremath{\partial}\ensuremath{^{2}}e/\ensuremath{\partial}"
         r"\ensuremath{\theta}\ensuremath{_{1}}\ensuremath{^{T}}"),
        ("√2·x × y − z ⊙ w ÷ v", r"\ensuremath{\surd}2\ensuremath{\cdot}x \ensuremath{\times} y "
         r"\ensuremath{-} z \ensuremath{\odot} w \ensuremath{\div} v"),
        ("σ(z) ΓΑ φϕ", r"\ensuremath{\sigma}(z) \ensuremath{\Gamma}\ensuremath{\mathrm{A}} "
         r"\ensuremath{\varphi}\ensuremath{\phi}"),
        ("ŷ x̂ θ̂ x⃗ θ⃗ ẋ", r"\^{y} \^{x} \ensuremath{\hat{\theta}} \ensuremath{\vec{x}} "
         r"\ensuremath{\vec{\theta}} \.{x}"),
        ("Iris café Ångström straße", r"Iris caf\'{e} \r{A}ngstr\"{o}m stra\ss{}e"),
        ("山", "U+5C71"),
        ("a\x1bb", r"a\textbackslash{}x1bb"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_in_latex(text, latex):
    assert latex_text(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("3", "$3$"),
        ("-0.5", "$-0.5$"),
        ("1e-20", "$10^{-20}$"),
        ("-1.5e+08", r"$-1.5 \times 10^{8}$"),
        ("inf", r"$\infty$"),
        ("-inf", r"$-\infty$"),
        ("nan", r"$\mathrm{nan}$"),
        ("[[1, 1e-07], [-inf, nan]]", r"$[[1, 10^{-7}], [-\infty, \mathrm{nan}]]$"),
        ("", ""),
    ],
)
def test_numbers_in_latex(text, latex):
    assert latex_numbers(text) == latex


def every_letter_of_the_language():
    blocks = [
        *range(32, 127),
        *range(0x370, 0x400),
        *range(0x2070, 0x20A0),
        *map(ord, "∂∇√·×⊙÷−²³πᵀ"),
    ]
    return [chr(code) for code in blocks if unicodedata.category(chr(code))[0] in "LNPS"]


def test_the_letters_of_mathematics_all_have_names():
    greek = [c for c in every_letter_of_the_language() if "\u0391" <= c <= "\u03c9"]
    assert len(greek) > 48
    assert not [c for c in greek if "U+" in latex_text(c)]


@given(st.text())
def test_latex_is_ascii_balanced_and_has_nothing_special(text):
    report = Report("eval", ["expression", "x"], [{"expression": text, "x": text}])
    out = written(report, format="latex")
    assert out.isascii()
    assert len(out.splitlines()) == 7
    body = re.sub(
        r"\\[a-zA-Z]+(?:\{\})?|\\[^a-zA-Z]", "", out.splitlines()[4].removesuffix(" \\\\")
    )
    depth = 0
    for character in body:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert body.count("&") == 1
    assert not set("#%$\\") & set(body)


def test_a_row_that_begins_with_a_bracket_or_star_is_no_argument():
    rows = [{"x": "[0]"}, {"x": "*"}, {"x": math.nan}]
    lines = written(Report("eval", ["x"], rows), format="latex").splitlines()
    assert lines[4:7] == ["{}[0] \\\\", "{}* \\\\", r"$\mathrm{nan}$ \\"]
