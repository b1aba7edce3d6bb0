"""Graphs as files, by the command itself."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

WORKED = ("r = a+b; s = b+1; e = r*s", "a=2", "b=1")
STARTS = {
    "svg": b"<svg", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF", "dot": b"digraph",
    "mmd": b"flowchart LR", "tex": b"% Computational graph of e",
}  # fmt: skip


@pytest.mark.parametrize("verb", ["eval", "grad", "trace"])
@pytest.mark.parametrize("suffix", STARTS)
def test_a_graph_by_its_suffix(answered, tmp_path, verb, suffix):
    path = tmp_path / f"g.{suffix}"
    run = answered(verb, *WORKED, "-o", path)
    assert (run.raw, run.err) == (b"", "")
    assert path.read_bytes().startswith(STARTS[suffix])


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "dot", "mmd", "tikz"])
def test_the_same_bytes_on_standard_output(answered, format):
    first, second = (answered("grad", *WORKED, "--format", format).raw for _ in range(2))
    assert first == second


def test_latex_is_the_table(answered):
    assert answered("grad", *WORKED, "--format", "latex").out.startswith("\\begin{tabular}")


def test_values_and_gradients_stand_in_the_svg(answered):
    root = ElementTree.fromstring(answered("grad", *WORKED, "--format", "svg").out)
    text = "".join(root.itertext())
    assert "∂e/∂b = 5" in text
    assert "∂r/∂a = 1" in text


def test_a_header_stays_text(answered, tmp_path):
    (tmp_path / "d.csv").write_text('"<b>&",z\n1,2\n')
    source = 'data y = "<b>&"; e = sum(y*w) # </text>'
    run = answered("grad", source, "w=1", "--data", tmp_path / "d.csv", "--format", "svg")
    tags = {element.tag.partition("}")[2] for element in ElementTree.fromstring(run.out).iter()}
    assert tags == {"svg", "title", "desc", "style", "rect", "g", "path", "polygon", "text"}


def test_a_large_graph_says_that_it_is_folded(answered, tmp_path):
    path = tmp_path / "g.svg"
    source = "; ".join(f"x{n + 1} = sin(x{n}) + a*x{n}" for n in range(80))
    run = answered("eval", source, "x0=1", "a=1", "-o", path)
    assert "folded into" in run.err
    assert "folded into" in path.read_text("utf-8")


def test_a_graph_of_100_000_tokens_is_refused(answered, tmp_path):
    path = tmp_path / "big.grad"
    path.write_text("\n".join(f"x{n + 1} = x{n}*a" for n in range(20_001)))
    run = answered("eval", path, "x0=1", "a=1", "-o", tmp_path / "g.svg", code=2)
    assert "too large for a picture" in run.err
    assert "--of" in run.err
    assert not (tmp_path / "g.svg").exists()


def test_a_jacobian_is_no_graph(answered, tmp_path):
    run = answered("grad", "[x, y]", "x=1", "y=2", "--jacobian", "-o", tmp_path / "g.svg", code=2)
    assert "no picture" in run.err


def test_no_picture_no_matplotlib(answered, tmp_path):
    """What only pictures need is not loaded for a table, nor matplotlib for an svg."""
    needed = {"gradcli.pictures", "gradcli.verbs.pictured"}
    for words, loaded in (([], set()), (["-o", tmp_path / "g.svg"], needed)):
        run = answered("grad", *WORKED, *words, env={"PYTHONPROFILEIMPORTTIME": "1"})
        modules = {line.split("|")[-1].strip() for line in run.err.splitlines()}
        assert modules & (needed | {"matplotlib"}) == loaded
