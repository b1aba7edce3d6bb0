"""What a text means: the instructions, their order, their places and the statements."""

from __future__ import annotations

import ast
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import LanguageError
from gradcli.language import Call, Column, parse

PYTHON = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "^",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip


def test_instructions_are_postfix_and_flat():
    program = parse("(a+b)*(b+1)")
    assert program.kinds == ["name", "name", "operator", "name", "number", "operator", "operator"]
    assert program.arguments == ["a", "b", "add", "b", 1.0, "add", "mul"]
    spans = [program.text[slice(*program.span(i))] for i in range(7)]
    assert spans == ["a", "b", "(a+b)", "b", "1", "(b+1)", "(a+b)*(b+1)"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a + b + c", "((a + b) + c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b / c", "((a / b) / c)"),
        ("a + b * c", "(a + (b * c))"),
        ("a @ b * c", "((a @ b) * c)"),
        ("a * b @ c", "((a * b) @ c)"),
        ("-x^2", "(-(x ^ 2))"),
        ("2^-x", "(2 ^ (-x))"),
        ("2^-x^2", "(2 ^ (-(x ^ 2)))"),
        ("2^3^2", "(2 ^ (3 ^ 2))"),
        ("2**3**2", "(2 ^ (3 ^ 2))"),
        ("2**-x", "(2 ^ (-x))"),
        ("x*-y", "(x * (-y))"),
        ("1 - -1", "(1 - (-1))"),
        ("- - x", "(-(-x))"),
        ("-a * b", "((-a) * b)"),
        ("-a + b", "((-a) + b)"),
        ("+x^2", "(+(x ^ 2))"),
        ("a < b + 1", "(a < (b + 1))"),
        ("(a < b) == (c >= d)", "((a < b) == (c >= d))"),
        ("(a < b) < c", "((a < b) < c)"),
        ("a != b", "(a != b)"),
        ("a ≤ b", "(a <= b)"),
        ("a ≥ b", "(a >= b)"),
        ("a ≠ b", "(a != b)"),
        ("x.T @ y.T", "((x.T) @ (y.T))"),
        ("x^A.T", "(x ^ (A.T))"),
        ("-x.T", "(-(x.T))"),
        ("(a @ b).T[0]", "((a @ b).T)[0]"),
        ("f(x)^2", "(f(x) ^ 2)"),
        ("f(x)[0].T", "(f(x)[0].T)"),
        ("x[0]^2", "(x[0] ^ 2)"),
        ("f()", "f()"),
        ("f(x, y, axis=0, keepdims=1)", "f(x, y, axis=0, keepdims=1)"),
        ("f(axis=a<b)", "f(axis=(a < b))"),
        ("f(x,)", "f(x)"),
        ("[a, b]", "[a, b]"),
        ("[[a, b], [c, -d],]", "[[a, b], [c, (-d)]]"),
        ("x[0]", "x[0]"),
        ("x[-1]", "x[(-1)]"),
        ("W[0, :]", "W[0, :]"),
        ("x[1:3]", "x[1:3]"),
        ("x[1:]", "x[1:]"),
        ("x[:3]", "x[:3]"),
        ("x[::2]", "x[::2]"),
        ("x[1:9:2]", "x[1:9:2]"),
        ("x[1::2]", "x[1::2]"),
        ("x[:9:2]", "x[:9:2]"),
        ("x[::]", "x[:]"),
        ("x[1::]", "x[1:]"),
        ("x[1:2:]", "x[1:2]"),
        ("x[0,]", "x[0]"),
        ("E[[0, 2, 0]]", "E[[0, 2, 0]]"),
        ("x[i + 1:-n]", "x[(i + 1):(-n)]"),
        ("x[0][1]", "x[0][1]"),
        ("2·x", "(2 · x)"),
        ("2⋅x", "(2 · x)"),
        ("a × b ⊙ c ÷ d − e", "((((a * b) * c) / d) - e)"),
        ("−x", "(-x)"),
        ("x²", "(x ^ 2)"),
        ("x³ + x²", "((x ^ 3) + (x ^ 2))"),
        ("-x²", "(-(x ^ 2))"),
        ("2^x²", "(2 ^ (x ^ 2))"),
        ("x²^3", "((x ^ 2) ^ 3)"),
        ("(a + b)²", "((a + b) ^ 2)"),
        ("f(x)²", "(f(x) ^ 2)"),
        ("√x", "(√x)"),
        ("√x^2", "(√(x ^ 2))"),
        ("√x²", "(√(x ^ 2))"),
        ("√x*y", "((√x) * y)"),
        ("√2 + 1", "((√2) + 1)"),
        ("√√x", "(√(√x))"),
        ("-√x", "(-(√x))"),
        ("√-x", "(√(-x))"),
        ("2^√x", "(2 ^ (√x))"),
        ("√(a + b)", "(√(a + b))"),
        ("π×r²", "(pi * (r ^ 2))"),
        ("σ(z)", "sigmoid(z)"),
        ("σ * 2", "(σ * 2)"),
        ("param * 2", "(param * 2)"),
        ("data - 1", "(data - 1)"),
        ("const", "const"),
        ("lambda + None", "(lambda + None)"),
        ("θ*x₁ + ŷ + x̂ + हिन्दी", "((((θ * x₁) + ŷ) + x̂) + हिन्दी)"),
        ("𝑥 + ﬁ", "(𝑥 + ﬁ)"),
        ("sin (x)", "sin(x)"),
        ("((x))", "x"),
    ],
)
def test_precedence_and_forms(read, text, meaning):
    assert read(text) == meaning


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0), (".5", 0.5), ("1.", 1.0), ("1.5", 1.5), ("1e-3", 1e-3), ("1E+3", 1e3),
        (".5e2", 50.0), ("1.e2", 100.0), ("1_000", 1000.0), ("1_0.5_0", 10.5), ("0", 0.0),
        ("007", 7.0), ("1e999", math.inf), ("1e-999", 0.0), ("0.1", 0.1),
        ("123456789012345678901234567890", 123456789012345678901234567890.0),
        ("2.2250738585072014e-308", 2.2250738585072014e-308),
    ],
)  # fmt: skip
def test_numbers(text, value):
    program = parse(text)
    assert program.kinds == ["number"]
    assert program.arguments == [value]
    assert type(program.arguments[0]) is float
    assert program.span(0) == (0, len(text))


atoms = st.sampled_from(["a", "b", "x", "2", "3"])
binary = st.sampled_from(["+", "-", "*", "/", "@", "^", "<", "<=", ">", ">=", "==", "!="])


def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, binary, inner).map(" ".join),
        st.tuples(st.sampled_from("-+"), inner).map("".join),
        inner.map("({})".format),
        st.tuples(inner, inner).map("f({0[0]}, {0[1]})".format),
        st.tuples(inner, inner).map("[{0[0]}, {0[1]}]".format),
        st.tuples(inner, inner).map("({0[0]})[{0[1]}]".format),
        st.tuples(inner, inner).map("({0[0]})[{0[1]}:]".format),
    )


def as_python_reads(node: ast.expr) -> str:
    """The same brackets around what Python's own parser makes of the text."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.UnaryOp):
        return f"({PYTHON[type(node.op)]}{as_python_reads(node.operand)})"
    if isinstance(node, ast.BinOp):
        left, right = as_python_reads(node.left), as_python_reads(node.right)
        return f"({left} {PYTHON[type(node.op)]} {right})"
    if isinstance(node, ast.Compare):
        (operator,), (right,) = node.ops, node.comparators
        return f"({as_python_reads(node.left)} {PYTHON[type(operator)]} {as_python_reads(right)})"
    if isinstance(node, ast.List):
        return "[" + ", ".join(map(as_python_reads, node.elts)) + "]"
    if isinstance(node, ast.Subscript):
        index = node.slice
        if isinstance(index, ast.Slice):
            return f"{as_python_reads(node.value)}[{as_python_reads(index.lower)}:]"
        return f"{as_python_reads(node.value)}[{as_python_reads(index)}]"
    assert isinstance(node, ast.Call)
    return "f(" + ", ".join(map(as_python_reads, node.args)) + ")"


@settings(max_examples=400, deadline=None)
@given(text=st.recursive(atoms, deeper, max_leaves=14))
def test_brackets_fall_where_python_puts_them(read, text):
    """Python has the same precedences, with ** for ^; but it chains comparisons."""
    tree = ast.parse(text.replace("^", "**"), mode="eval").body
    if any(isinstance(node, ast.Compare) and len(node.ops) > 1 for node in ast.walk(tree)):
        with pytest.raises(LanguageError, match="comparisons cannot be chained"):
            parse(text)
        return
    assert read(text) == as_python_reads(tree)


@settings(max_examples=200, deadline=None)
@given(text=st.recursive(atoms, deeper, max_leaves=14))
def test_the_text_of_a_span_means_its_instruction(text):
    try:
        program = parse(text)
    except LanguageError:
        return
    for i in range(len(program.kinds)):
        start, stop = program.span(i)
        part = parse(text[start:stop])
        begin = i + 1 - len(part.kinds)
        assert part.kinds == program.kinds[begin : i + 1]
        assert part.arguments == program.arguments[begin : i + 1]


def test_statements(read_each):
    text = """
        # a note
        f(u, v) = u*v  # and one here
        param W = 0.1*randn(4,
                            3); const c = 2
        y = f(x^2, c) ;; e = y*s; s = b + 1

        y + 1;
    """
    assert read_each(text) == [
        "function f(u, v) = (u * v)",
        "param W = (0.1 * randn(4, 3))",
        "const c = 2",
        "node y = f((x ^ 2), c)",
        "node e = (y * s)",
        "node s = (b + 1)",
        "node = (y + 1)",
    ]


def test_places_of_a_statement():
    text = "param w = 2; f(u, v) = u + v\n  f(w, 1)  # done"
    program = parse(text)
    assert [text[slice(*s.span)] for s in program.statements] == [
        "param w = 2",
        "f(u, v) = u + v",
        "f(w, 1)",
    ]
    assert [text[slice(*s.name_span)] for s in program.statements] == ["w", "f", ""]
    assert [(s.begin, s.end) for s in program.statements] == [(0, 1), (1, 4), (4, 7)]
    assert program.kinds == ["number", "name", "name", "operator", "name", "number", "call"]
    assert program.arguments[-1] == Call("f", 2, ())


@pytest.mark.parametrize(
    ("columns", "read"),
    [
        ("a", [("a", None, False)]),
        ("a, b , c", [("a", None, False), ("b", None, False), ("c", None, False)]),
        ("c1 .. c9", [("c1", "c9", False)]),
        ("c1..c9, y", [("c1", "c9", False), ("y", None, False)]),
        ('"sepal length (cm)"', [("sepal length (cm)", None, True)]),
        ("'a b' .. 'c d'", [("a b", "c d", True)]),
        ('"*"', [("*", None, True)]),
        ("*", [("*", None, False)]),
        ("π, from", [("π", None, False), ("from", None, False)]),
    ],
)
def test_data_statements(columns, read):
    text = f"data X = {columns}"
    (statement,) = parse(text).statements
    assert (statement.kind, statement.begin, statement.end) == ("data", 0, 0)
    assert statement.span == (0, len(text))
    assert [(c.first, c.last, c.quoted) for c in statement.columns] == read
    spelled = [text[slice(*column.span)] for column in statement.columns]
    assert spelled == [column.strip() for column in columns.split(",")]


def test_only_a_bare_star_is_every_column():
    assert Column("*", None, False, (0, 1)).star
    assert not Column("*", None, True, (0, 3)).star
    assert not Column("a", None, False, (0, 1)).star


def test_data_from_a_file():
    (statement,) = parse('data from "data/iris.csv"').statements
    assert (statement.kind, statement.path, statement.name) == ("data_from", "data/iris.csv", "")


def test_declaring_words_are_names_elsewhere(read_each):
    assert read_each("param = 1; const = param; data = const\ndata*param - const/from") == [
        "node param = 1",
        "node const = param",
        "node data = const",
        "node = ((data * param) - (const / from))",
    ]
    assert read_each("param param = 1; f(data) = data; f(param)") == [
        "param param = 1",
        "function f(data) = data",
        "node = f(param)",
    ]


def test_functions_alone_end_with_a_call_of_the_last_where_it_is_defined(read_each):
    text = "f(x, y) = x*y; param n = 2; g( u ) = u^n"
    assert read_each(text)[-1] == "node = g(u)"
    program = parse("f(x, \ny ) = 1")
    assert [program.text[slice(*program.span(i))] for i in (1, 2, 3)] == ["x", "y", "f(x, \ny )"]
    assert read_each("f(x) = x; y = 1") == ["function f(x) = x", "node y = 1"]
    assert read_each("param n = 2") == ["param n = 2"]


def test_sigma_is_sigmoid_unless_the_program_defines_it(read_each):
    assert read_each("y = σ(z)") == ["node y = sigmoid(z)"]
    assert read_each("y = σ(z); σ(u) = u^2") == ["node y = σ(z)", "function σ(u) = (u ^ 2)"]


def test_line_ends_and_byte_order_mark(read_each):
    text = "\ufeffa = 1\r\nb = (a +\r\n\t 2)\rc = 3"
    assert read_each(text) == ["node a = 1", "node b = (a + 2)", "node c = 3"]
    assert parse(text).text == "a = 1\nb = (a +\n\t 2)\nc = 3"


def test_brackets_hold_newlines_and_comments(read):
    assert read("f(\n\n x, # one\n y\n)[\n0\n]") == "f(x, y)[0]"


def test_comments_may_hold_anything(read_each):
    assert read_each("x # ½ ∑ \u202e \x1b[0m ([\"'\ny # (") == ["node = x", "node = y"]


def test_a_parse_that_failed_leaves_nothing_behind(read_each):
    with pytest.raises(LanguageError):
        parse("q = 1; (a + [b")
    assert read_each("q = 2") == ["node q = 2"]


def test_origin_is_kept():
    assert parse("x", "a.grad").origin == "a.grad"


@pytest.mark.parametrize(
    ("text", "instructions"),
    [
        ("+".join(f"x*{i}.5" for i in range(25_000)), 99_999),
        ("sin(" * 100_000 + "x" + ")" * 100_000, 100_001),
        ("(" * 100_000 + "x" + ")" * 100_000, 1),
        ("[" * 50_000 + "x" + "]" * 50_000, 50_001),
        ("-" * 100_000 + "x", 100_001),
        ("^".join("x" * 50_000), 99_999),
        ("x" + "[0]" * 30_000, 60_001),
        ("f(" + ", ".join(f"a{i}=1" for i in range(20_000)) + ")", 20_001),
        ("f(" + ", ".join(f"a{i}" for i in range(20_000)) + ") = 1", 20_002),
        ("; ".join(f"x{i + 1} = x{i} + x{i}" for i in range(10_000)), 30_000),
        ("\n" * 1_000_000 + "x", 1),
        (" " * 1_000_000 + "x" + "# " * 500_000, 1),
        ("9" * 1_000_000, 1),
        ("x̂" * 500_000, 1),
    ],
    ids=lambda value: None if isinstance(value, int) else value[:8].strip() or "blank",
)
def test_length_and_depth_have_no_limit(text, instructions):
    start = time.process_time()
    assert len(parse(text).kinds) == instructions
    assert time.process_time() - start < 10


def test_a_million_opening_brackets_are_refused():
    start = time.process_time()
    with pytest.raises(LanguageError, match=r"this '\(' is never closed"):
        parse("(" * 1_000_000)
    assert time.process_time() - start < 20
