"""The formats of a graph: what they say, that nothing in a text becomes markup, equal bytes."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree

import matplotlib.image
import numpy as np
import pygraphviz
import pytest

from gradcli.figures import DrawnEdge, DrawnNode, GraphFigure
from gradcli.pictures import drawn
from gradcli.pictures.boxes import drawing_of
from gradcli.pictures.graphs import graph_picture
from gradcli.pictures.layered import layered
from gradcli.pictures.svg import svg_text
from gradcli.pictures.themes import DARK, LIGHT

FORMATS = ["svg", "png", "pdf", "dot", "mmd", "tikz"]
WORKED = ("r = a+b; s = b+1; e = r*s", "a=2", "b=1")
NASTY = [
    '<b>&"\'</b>', "</script><script>", "a\\nb\\", 'x"]:::k', "`md`|$x$#35;", "&lt;", "{}%_^~",
    "\x1b[31m", "two\nlines", "\\input{x}", "<br/>",
]  # fmt: skip


def nasty(text):
    """A figure that holds a text wherever it may."""
    nodes = [
        DrawnNode(text, "data", text, (2,), None),
        DrawnNode(text, "operation", text, (), 1.0, 2.0),
    ]
    return GraphFigure(nodes, [DrawnEdge(0, 1, text, 1.0, text, 1.0)], True, [text])


def elements(svg):
    return [element.tag.partition("}")[2] for element in ElementTree.fromstring(svg).iter()]


def test_svg_has_a_group_for_every_node_and_edge(figured):
    figure = figured(*WORKED)
    root = ElementTree.fromstring(svg_text(drawing_of(figure)))
    assert root.attrib["role"] == "img"
    groups = {
        element.attrib["id"]: element for element in root.iter() if "data-" in str(element.attrib)
    }
    nodes = {n for n, node in enumerate(figure.nodes) if node.kind != "literal"}
    assert set(groups) == {f"n{n}" for n in nodes} | {
        f"e{n}" for n, edge in enumerate(figure.edges) if edge.source in nodes
    }
    for n in nodes:
        texts = [text.text for text in groups[f"n{n}"].iter("{http://www.w3.org/2000/svg}text")]
        node = figure.nodes[n]
        assert texts[0] == node.name
        assert texts[-2:] == [f"{node.value:g}", f"∂e/∂{node.name} = {node.grad:g}"]


def test_an_edge_says_its_local_and_what_flows_back(figured):
    svg = svg_text(drawing_of(figured(*WORKED)))
    assert "∂e/∂s = 3" in svg
    assert "upstream 1 · local 3 = downstream 3" in svg
    assert "∂e/∂b += ∂e/∂s · 1" in svg


@pytest.mark.parametrize("text", NASTY)
def test_no_text_becomes_markup_in_svg(text):
    plain = svg_text(drawing_of(nasty("plain")))
    svg = svg_text(drawing_of(nasty(text)))
    assert [*elements(svg)] == [*elements(plain)]


@pytest.mark.parametrize("text", NASTY)
def test_dot_reads_every_text_back(text):
    graph = pygraphviz.AGraph(graph_picture(nasty(text), "dot", "auto"))
    assert len(graph.nodes()) == 2
    assert len(graph.edges()) == 1
    labels = [graph.get_node("n0").attr["label"], graph.get_edge("n0", "n1").attr["label"]]
    shown = text.replace("\n", " ").replace("\x1b", "\\x1b")[:20]
    for label in labels:
        assert label.replace("\\\\", "\\").replace("&amp;", "&").startswith(shown)
    svg = graph.draw(format="svg", prog="dot").decode()
    titles = {"title", "g", "svg", "polygon", "path", "text", "ellipse", "polyline"}
    assert set(elements(svg)) <= titles


QUOTED = re.compile(r'"[^"#&<>`]*(?:(?:#\d+;|<br/>)[^"#&<>`]*)*"')


@pytest.mark.parametrize("text", NASTY)
def test_mermaid_has_nothing_special_between_its_quotes(text):
    lines = graph_picture(nasty(text), "mmd", "auto").splitlines()
    assert lines[0] == "flowchart LR"
    plain = graph_picture(nasty("plain"), "mmd", "auto").splitlines()
    assert [QUOTED.sub("", line) for line in lines] == [QUOTED.sub("", line) for line in plain]


@pytest.mark.parametrize("text", NASTY)
def test_tikz_is_ascii_and_balanced_and_runs_no_command_of_a_text(text):
    tex = graph_picture(nasty(text), "tikz", "auto")
    assert tex.isascii()
    bare = re.sub(r"\\[\\{}%]", "", re.sub(r"(?<!\\)%.*", "", tex))
    depths = np.cumsum([{"{": 1, "}": -1}.get(c, 0) for c in bare])
    assert depths.min() == 0
    assert depths[-1] == 0
    known = set(re.findall(r"\\[a-zA-Z]+", graph_picture(nasty("plain"), "tikz", "auto")))
    letters = ["backslash", "asciicircum", "asciitilde", "less", "greater", "bar"]
    allowed = {"\\ldots", *("\\text" + name for name in letters)}
    assert set(re.findall(r"\\[a-zA-Z]+", tex)) <= known | allowed


@pytest.mark.parametrize("format", ["png", "pdf"])
def test_no_text_stops_a_picture(format, recwarn):
    nodes = [DrawnNode(text, "data", text, (), 1.0) for text in [*NASTY, "中文", "a_1$", "🙂"]]
    content = graph_picture(GraphFigure(nodes, []), format, "auto")
    assert content[:4] in (b"\x89PNG", b"%PDF")
    assert not recwarn.list


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_same_figure_gives_the_same_bytes(figured, format, theme):
    contents = {graph_picture(figured(*WORKED), format, theme) for _ in range(2)}
    assert len(contents) == 1


def test_png_has_the_ground_of_its_theme(figured):
    for theme, colours in (("auto", LIGHT), ("light", LIGHT), ("dark", DARK)):
        image = matplotlib.image.imread(io.BytesIO(graph_picture(figured(*WORKED), "png", theme)))
        corner = [round(255 * part) for part in image[0, 0, :3]]
        assert "#" + bytes(corner).hex() == colours.ground


def test_svg_follows_the_reader_unless_a_theme_is_forced(figured):
    drawing = drawing_of(figured(*WORKED), layered)
    auto, light, dark = (svg_text(drawing, theme) for theme in ("auto", "light", "dark"))
    assert "prefers-color-scheme: dark" in auto
    assert "<style>" not in light + dark
    assert LIGHT.ground in light
    assert DARK.ground in dark
    assert auto.replace(auto[auto.index("<style>") : auto.index("</style>") + 9], "") == light


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_colours_can_be_told_from_their_ground(theme):
    """WCAG 2: 4.5 for text, 3 for lines."""
    for fill in (theme.ground, *theme.fill.values()):
        for role in ("name", "formula", "value", "grad", "note"):
            assert contrast(theme.text[role], fill) >= 4.5, (role, fill)
    for role in ("local", "flow"):
        assert contrast(theme.text[role], theme.ground) >= 4.5
    for line in (theme.edge, *theme.outline.values()):
        assert contrast(line, theme.ground) >= 3


def test_notes_of_a_figure_stand_in_the_picture_and_beside_it(figured):
    figure = figured(*WORKED)
    figure.notes.append("a note")
    for format in ("svg", "dot", "mmd", "tikz"):
        made = drawn(lambda: figure, None, format)
        assert "a note" in made.content
        assert made.notes == ["a note"]
