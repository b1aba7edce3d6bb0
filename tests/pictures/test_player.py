"""The page that plays a descent, as text: what a browser would be given."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from gradcli.figures import Chart, Marker, Panel, Series, Surface
from gradcli.pictures.charts import chart_svg
from gradcli.pictures.player import player

HOSTILE = "</script><img src=x onerror=alert(1)> & \"'"
X, Y = [0.0, 1.0, 2.0, 3.0], [1.0, 10.0, 100.0, 1000.0]


def chart(name="path", moments=True):
    panels = [
        Panel("x", "y", series=[Series(name, X, X, "steps", played=True)]),
        Panel("step", "loss", log_y=True, series=[Series("loss", X, Y, played=True)]),
    ]
    panels[0].surface = Surface([0, 4], [0, 8], [[0.0, 1.0], [2.0, 3.0]])
    panels[0].markers = [Marker("start", 0, 0, "start")]
    rows = [{"step": int(x), "loss": y, name: x} for x, y in zip(X, Y)] if moments else []
    return Chart(f"{name} & co", panels, moments=rows)


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def drawing_of(page):
    return ElementTree.fromstring(re.search(r"<svg .*</svg>", page, re.DOTALL)[0])


def test_it_needs_no_network_and_no_styles_in_attributes():
    page = player(chart(), "auto")
    assert not re.search(r"""(src|href)\s*=\s*["']https?:""", page)
    assert ' style="' not in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "unsafe" not in policy
    assert page.count("<script") == 2
    assert len(page.encode()) < 100_000


def test_the_drawing_says_what_the_svg_does():
    svg, _ = chart_svg(chart(), "auto")
    drawn, shown = ElementTree.fromstring(svg), drawing_of(player(chart(), "auto"))
    plain = [e for e in drawn.iter() if not e.tag.endswith("}style")]
    kept = list(shown.iter())
    assert [e.tag for e in plain] == [e.tag for e in kept]
    for first, second in zip(plain, kept):
        styles = dict(p.split(": ") for p in first.attrib.pop("style", "").split("; ") if p)
        assert second.attrib == {**first.attrib, **styles}


def test_dark_colours_are_found_by_attributes():
    page = player(chart(), "auto")
    selectors = re.findall(r'\[(fill|stroke)="(#\w+)"\]\{\1:', page)
    used = {(k, v) for e in drawing_of(page).iter() for k, v in e.attrib.items()}
    assert {("fill", "#1c2530"), ("stroke", "#5b6673")} <= set(selectors) & used
    assert not re.search(r'\[(fill|stroke)="#', player(chart(), "dark"))


@pytest.mark.parametrize("panel", [0, 1])
def test_tracks_lie_on_the_lines_of_the_drawing(panel):
    page = player(chart(), "auto")
    track = data_of(page)["tracks"][panel]
    assert track["line"] == f"panel-{panel}-series-0"
    (line,) = [e for e in drawing_of(page).iter() if e.get("id") == track["line"]]
    (path, *_) = [e.get("d") for e in line.iter() if (e.get("d") or "").count("L") == 3]
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
    for at, point in enumerate(track["points"]):
        assert point == pytest.approx(numbers[2 * at : 2 * at + 2], abs=0.02)


def test_moments_are_rounded_texts_and_a_table():
    page = player(chart(), "auto")
    moments = data_of(page)["moments"]
    assert [row["step"] for row in moments] == ["0", "1", "2", "3"]
    assert all(isinstance(text, str) for row in moments for text in row.values())
    assert '<th scope="col">step</th><th scope="col">loss</th>' in page
    assert "<tr><td>3</td><td>1000</td><td>3</td></tr>" in page


def test_a_gap_has_no_point():
    made = chart()
    made.panels[1].series[0].y = [1.0, float("nan"), 0.0, 10.0]
    points = data_of(player(made, "auto"))["tracks"][1]["points"]
    assert [point is None for point in points] == [False, True, True, False]


def test_without_moments_there_are_the_numbers_alone():
    page = player(chart(moments=False), "auto")
    assert "<button" not in page
    assert '<tr><th scope="col">step</th><th scope="col">loss</th></tr>' in page
    assert page.count("<details") == 2


def test_curves_over_the_same_places_share_a_table():
    panels = [
        Panel("x", "f", series=[Series("", X, Y)]),
        Panel("x", "f'", series=[Series("", X, X)]),
    ]
    page = player(Chart("f", panels), "auto")
    assert page.count("<table") == 1
    assert '<th scope="col">f&#x27;</th>' in page


def test_markup_in_names_stays_text():
    page = player(chart(HOSTILE), "auto")
    assert "<img" not in page
    assert page.count("<script") == 2
    assert "".join(drawing_of(page).itertext()).count("onerror") >= 1
    assert HOSTILE in data_of(page)["moments"][0]


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_same_chart_makes_the_same_page(theme):
    assert player(chart(), theme) == player(chart(), theme)
