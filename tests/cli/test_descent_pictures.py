"""Pictures of descents, of words and of depths, as a shell asks for them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

PATH = ("descend", "rosenbrock", "--lr", "0.001", "--steps", "2000", "--tol", "0")
ASKED = {
    "path": PATH,
    "curve": ("descend", "sinc", "x=3", "--lr", "0.1"),
    "rates": ("descend", "x^2 + y^2", "x=1", "y=2", "--lr", "0.1,0.3,1.2", "--steps", "50"),
    "restarts": ("descend", "sinc", "--lr", "0.1", "--restarts", "4"),
    "regions": ("descend", "xor", "--lr", "0.5", "--epochs", "300", "--tol", "0"),
    "losses": ("descend", "iris", "--lr", "0.05", "--epochs", "5", "--holdout", "0.2"),
    "words": ("eval", "analogies", "--of", "E", "--per-row"),
    "depths": ("grad", "a = x^2; b = a*x; b^2", "x=0.1", "--by-depth"),
}


def svg(text):
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    return "".join(root.itertext()), len(text)


@pytest.mark.parametrize("kind", ASKED)
def test_an_svg(answered, tmp_path, kind):
    run = answered(*ASKED[kind], "-o", tmp_path / "p.svg")
    assert run.raw == b""
    text, size = svg((tmp_path / "p.svg").read_text("utf-8"))
    assert size < 300_000
    for word in {
        "path": ["start", "end", "minimum", "128 of 2,000 steps"],
        "curve": ["tangents", "start", "end"],
        "rates": ["lr 0.1", "lr 0.3", "lr 1.2 (diverged)", "the curve is cut at step"],
        "restarts": ["start 1", "start 4", "loss"],
        "regions": ["xor = 0", "xor = 1", "accuracy", "x1", "x2"],
        "losses": ["validation loss", "largest gradient entry", "epoch", "accuracy"],
        "words": ["principal axis 1", "of their variance"],
        "depths": ["by depth", "a", "b"],
    }[kind]:
        assert word in text


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-"), ("html", b"<!DOCTYPE")]
)
def test_other_formats(answered, tmp_path, suffix, start):
    answered(*PATH, "-o", tmp_path / f"p.{suffix}")
    assert (tmp_path / f"p.{suffix}").read_bytes().startswith(start)


@pytest.mark.parametrize("suffix", ["svg", "html", "png"])
def test_the_same_descent_is_the_same_picture(answered, tmp_path, suffix):
    for name in ("a", "b"):
        answered(*ASKED["regions"], "-o", tmp_path / f"{name}.{suffix}")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_picture_goes_with_a_trace(answered, tmp_path):
    answered(*PATH, "--trace", "--every", "1", "-o", tmp_path / "p.svg")
    text, size = svg((tmp_path / "p.svg").read_text("utf-8"))
    assert "steps" in text
    assert size < 300_000


def test_a_diverged_descent_draws_what_it_has(gradcli, tmp_path):
    run = gradcli("descend", "x^4 + y^2", "x=3", "y=1", "--lr", "1", "-o", tmp_path / "p.svg")
    assert run.code == 1
    assert "note: the descent leaves the picture at step" in run.err
    assert "leaves the picture at step" in svg((tmp_path / "p.svg").read_text("utf-8"))[0]


def test_markup_in_a_header_and_in_classes_stays_text(answered, tmp_path):
    data = tmp_path / "d.csv"
    data.write_text('"<b>$x$","a&b",kind\n0,0,<i>u</i>\n1,1,"v"\n2,1,"v"\n')
    program = tmp_path / "p.grad"
    program.write_text(
        'data X = "<b>$x$", "a&b"\ndata y = kind\nparam W = zeros(2, 2)\n'
        "loss = mean(cross_entropy(X@W, y))\n"
    )
    for suffix in ("svg", "html"):
        path = tmp_path / f"p.{suffix}"
        answered("descend", program, "--data", data, "--lr", "0.1", "--epochs", "5", "-o", path)
        text = path.read_text("utf-8")
        assert not re.search("<b>|<i>", text)
        shown = svg(re.search("<svg .*</svg>", text, re.DOTALL)[0])[0]
        assert all(word in shown for word in ("<b>$x$", "a&b", "<i>u</i>"))


def test_without_a_picture_nothing_of_it_is_imported(answered):
    run = answered("descend", "x^2", "x=1", "--lr", "0.1", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "gradcli.training.recording" in run.err
    for module in ("matplotlib", "gradcli.pictures", "gradcli.training.charted", "numpy"):
        assert not re.search(rf"\b{re.escape(module)}\b", run.err), module


def test_depths_are_one_of_four_kinds(gradcli):
    run = gradcli("grad", "x^2", "x=1", "--by-depth", "--symbolic")
    assert run.code == 2
    assert "--symbolic and --by-depth exclude each other" in run.err
