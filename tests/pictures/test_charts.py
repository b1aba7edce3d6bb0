"""Charts as pictures: what is in an svg, that it is small, the same twice, and nothing but text."""

from __future__ import annotations

import logging
import math
import re
import xml.etree.ElementTree as ElementTree
from itertools import product

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gradcli.figures import Arrows, Chart, Marker, Panel, Series, Surface
from gradcli.pictures.charts import chart_picture
from gradcli.pictures.palette import CHART_SHADES, SERIES
from gradcli.pictures.panels import drawn_figure

NAN = math.nan
SVG = "{http://www.w3.org/2000/svg}"


def panel(*curves, **options):
    series = [Series(f"s{n}", [*range(len(ys))], [*ys]) for n, ys in enumerate(curves)]
    return Panel("x", "e", series=series, **options)


def svg(*panels, theme="auto", title="a title", notes=()):
    text = chart_picture(Chart(title, list(panels), list(notes)), "svg", theme)
    assert isinstance(text, str)
    return ElementTree.fromstring(text)


def texts(root):
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def path(root, number):
    """The subpaths of one series."""
    (group,) = (g for g in root.iter(f"{SVG}g") if g.get("id") == f"panel-0-series-{number}")
    return next(group.iter(f"{SVG}path")).get("d").split("M")[1:]


SURFACE = Surface(
    np.linspace(-2, 2, 101), np.linspace(-1, 3, 101),
    [[(1 - x) ** 2 + 100 * (y - x * x) ** 2 for x in np.linspace(-2, 2, 101)]
     for y in np.linspace(-1, 3, 101)],
)  # fmt: skip
CLASSES = Surface(
    [0, 1, 2, 3], [0, 1, 2], [[0, 0, 1, 1], [0, 2, 2, 1], [NAN, 2, 2, 1]],
    classes=["cat", "dog", "eel"],
)  # fmt: skip
CHARTS = {
    "curves": Chart("curves", [panel([1, 2, 4], [3, 1, 2]), panel([1, 0, 1])], ["a note"]),
    "gaps": Chart("gaps", [panel([1, NAN, 2, 3, math.inf, 1e308])]),
    "styles": Chart("styles", [Panel("step", "loss", log_x=True, log_y=True, series=[
        Series(style, [1, 10, 1000], [1e-9, 1, 1e3], style)
        for style in ("line", "dashed", "steps", "points")
    ])]),
    "contour": Chart("contour", [Panel("x", "y", surface=SURFACE)]),
    "logarithmic": Chart("log", [Panel("x", "y", markers=[Marker("minimum", 1, 1, "minimum")],
        surface=Surface(SURFACE.x, SURFACE.y, SURFACE.z, logarithmic=True),
        arrows=Arrows([0, 1], [0, 1], [1, -1], [2, 0], "∇f"))]),
    "classes": Chart("classes", [Panel("x", "y", surface=CLASSES,
        series=[Series("dog", [1, 2], [1, 2], "points")])]),
    "words": Chart("words", [Panel("1", "2", markers=[Marker("king", 0, 0), Marker("queen", 0, 0)]
    )]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_same_chart_same_bytes(name, theme):
    first, again = (chart_picture(CHARTS[name], "svg", theme) for _ in range(2))
    assert first == again
    assert not re.search(r"20\d\d-\d\d|<metadata|matplotlib\.org", first)


@pytest.mark.parametrize(("format", "start"), [("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF")])
def test_other_formats(format, start):
    first, again = (chart_picture(CHARTS["curves"], format, "dark") for _ in range(2))
    assert first.startswith(start)
    assert first == again
    assert first != chart_picture(CHARTS["curves"], format, "light")
    assert chart_picture(CHARTS["gaps"], format, "auto") == chart_picture(
        CHARTS["gaps"], format, "light"
    )


def test_text_stays_text():
    found = texts(svg(*CHARTS["curves"].panels, title="my title", notes=["a note"]))
    assert {"my title", "s0", "s1", "x", "e", "a note"} <= set(found)


@pytest.mark.parametrize(
    "name",
    [
        "<b>&amp;</b>",
        "$x_1$",
        "</svg><script>x</script>",
        "θ̂ 日本 💡",
        "a\nb",
        "\\frac{1}{2}$",
    ],
)
def test_names_are_taken_as_they_are(name):
    series = Series(name, [0, 1], [0, 1])
    marker = Marker(name, 0, 0)
    root = svg(
        Panel(name, name, series=[series, Series("other", [0], [0])], markers=[marker]),
        title=name, notes=[name],
    )  # fmt: skip
    shown = " ".join(name.split())
    assert sum(shown == " ".join(text.split()) for text in texts(root)) == 6
    assert not list(root.iter(f"{SVG}script"))
    assert root.find(f"{SVG}title").text == name


def test_a_gap_breaks_the_line():
    root = svg(panel([1, 2, NAN, 3, 1, 2], [1, 2, 3, 4, 5, 6]))
    assert [len(path(root, 0)), len(path(root, 1))] == [2, 1]


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show():
    root = svg(panel([1, 10, 0, 100, 1000], log_y=True))
    assert len(path(root, 0)) == 2
    assert "$" not in "".join(texts(root))


def test_a_range_of_heights():
    assert "1e9" in texts(svg(panel([0, 1, 1e9])))
    assert {"0.00", "0.50", "1.00"} <= set(texts(svg(panel([0, 1, 1e9], y_range=(0.0, 1.0)))))


@pytest.mark.parametrize("name", ["contour", "logarithmic", "classes"])
def test_a_contour_is_small(name):
    assert len(chart_picture(CHARTS[name], "svg", "auto")) < 300_000


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: np.sin(1000 * x * y),
        lambda x, y: 20 + x * x + y * y - 10 * np.cos(6.28 * x) - 10 * np.cos(6.28 * y),
        lambda x, y: np.sin(9 * x) * np.sin(9 * y),
    ],
)
@pytest.mark.parametrize("side", [101, 201])
def test_a_rough_surface_is_small_too(function, side):
    x = np.linspace(-5, 5, side)
    chart = Chart("rough", [Panel("x", "y", surface=Surface(x, x, function(*np.meshgrid(x, x))))])
    assert len(chart_picture(chart, "svg", "auto")) < 300_000


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize(
    "z",
    [
        [[1, 1], [1, 1]],
        [[NAN, NAN], [NAN, NAN]],
        [[NAN, 1], [2, 3]],
        [[0, 0], [0, 1e308]],
        [[-1e308, 0], [0, 1e308]],
        [[0, 5e-324], [0, 0]],
        [[1, 1 + 1e-15], [1, 1]],
        [[math.inf, -math.inf], [1, 2]],
        [[-5, -4], [-3, 100]],
    ],
)
def test_any_numbers_of_a_surface(z, logarithmic):
    svg(Panel("x", "y", surface=Surface([0, 1], [0, 1], z, logarithmic=logarithmic)))


@pytest.mark.parametrize(
    ("xs", "ys"),
    [
        ([], []),
        ([0.0], [1.0]),
        ([0.0, 1.0], [NAN, NAN]),
        ([0.0, 1.0], [1.0, 1.0]),
        ([0.0, 1.0], [-1e308, 1e308]),
        ([0.0, 5e-324], [0.0, 5e-324]),
        ([1e16, 1e16 + 2], [1e16, 1e16 + 2]),
        ([-1e300, 1e300], [0.0, 1.0]),
        ([0.0, 1.0, 2.0], [1e7, 1e160, 8e304]),
        ([1e-300, 1.0, 1e308], [1e-300, 1.0, 1.7e308]),
    ],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("style", ["line", "steps", "points"])
def test_any_numbers_of_a_curve(xs, ys, log, style):
    svg(Panel("x", "y", log_x=log, log_y=log, series=[Series("s", xs, ys, style)]))


def test_levels_of_a_logarithmic_surface_grow_by_factors():
    shown = [t for t in texts(svg(*CHARTS["logarithmic"].panels)) if re.fullmatch(r"[\d.]+", t)]
    assert {"0.1", "1", "10", "100", "1000"} <= set(shown)


def test_regions_are_told_apart_without_colour():
    root = svg(*CHARTS["classes"].panels)
    assert {"cat", "dog", "eel"} <= set(texts(root))
    assert len(list(root.iter(f"{SVG}pattern"))) == 2  # of three classes the first is plain
    again = svg(Panel("x", "y", surface=CLASSES))
    assert set(texts(again)) == set(texts(root))


def test_curves_are_told_apart_without_colour():
    root = svg(panel([1, 2], [2, 3], [5, 1]))
    marks = [
        {use.get("{http://www.w3.org/1999/xlink}href") for use in group.iter(f"{SVG}use")}
        for group in root.iter(f"{SVG}g")
        if "-series-" in str(group.get("id"))
    ]
    assert len(marks) == 3
    assert all(marks)
    assert not marks[0] & marks[1]
    assert not marks[1] & marks[2]


def test_many_points_and_curves_are_thinned_with_a_note():
    many = [float(n) for n in range(5000)]
    curves = [Series(f"curve {n}", [0, 1], [0, n]) for n in range(20)]
    chart = Chart(
        "many", [Panel(series=[Series("rows", many, many, "points")]), Panel(series=curves)]
    )
    text = chart_picture(chart, "svg", "auto")
    assert text.count("<use") < 2200
    assert [note.partition(" of ")[2] for note in chart.notes] == [
        "5,000 points are drawn",
        "the curves",
    ]
    assert "curve 13" in text
    assert "curve 14" not in text


def names_boxes(root, names):
    """Where names are set, taken as wide as half their height a letter."""
    boxes = []
    for element in root.iter(f"{SVG}text"):
        name = "".join(element.itertext())
        if name in names:
            x, y = float(element.get("x")), float(element.get("y"))
            anchor = re.search(r"text-anchor: (\w+)", element.get("style") or "")
            left = x - {"middle": 0.5, "end": 1.0}.get(anchor[1] if anchor else "", 0) * 4 * len(
                name
            )
            boxes.append((left, y - 7, left + 4 * len(name), y))
    return boxes


def test_names_of_points_do_not_overlap():
    spots = [(x, y) for x, y in product((0, 0.02, 1), (0, 0.02, 1))]
    names = [f"name{n}" for n in range(len(spots))]
    markers = [Marker(name, *spot) for name, spot in zip(names, spots, strict=True)]
    boxes = names_boxes(svg(Panel("x", "y", markers=markers)), names)
    assert len(boxes) == len(names)
    for place, (left, bottom, right, top) in enumerate(boxes):
        for other in boxes[place + 1 :]:
            assert left >= other[2] or right <= other[0] or bottom >= other[3] or top <= other[1]


# Light and dark


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_the_ground(theme):
    ground = CHART_SHADES[0].on(theme)
    assert contrast(CHART_SHADES[1].on(theme), ground) > 10
    assert all(contrast(shade.on(theme), ground) >= 4.5 for shade in SERIES)


@pytest.mark.parametrize("name", CHARTS)
def test_auto_turns_every_colour_of_light_into_that_of_dark(name):
    auto = chart_picture(CHARTS[name], "svg", "auto")
    style = re.search(
        r"<style>@media\(prefers-color-scheme:dark\)\{(.*?)\n\}</style>", auto, re.DOTALL
    )
    rules = dict(
        re.findall(r'\*="((?:fill|stroke): #\w{6})"\]\{((?:fill|stroke):#\w{6})', style[1])
    )
    drawn = auto[style.end() :]
    used = set(re.findall(r"(?:fill|stroke): #\w{6}", drawn))
    assert used
    assert used <= set(rules)
    dark = chart_picture(CHARTS[name], "svg", "dark")
    turned = re.sub(r"(?:fill|stroke): #\w{6}", lambda m: rules[m[0]].replace(":", ": "), drawn)
    assert colors(turned) == colors(dark)


def colors(text):
    return re.findall(r"(?:fill|stroke): #\w{6}", text)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_forced_theme_follows_nobody(theme):
    assert "@media" not in chart_picture(CHARTS["curves"], "svg", theme)


# matplotlib is left as it was


def test_nothing_of_matplotlib_is_changed(monkeypatch, capfd):
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 33)
    before = dict(matplotlib.rcParams)
    level = logging.getLogger("matplotlib").level
    plain = chart_picture(CHARTS["curves"], "svg", "light")
    assert dict(matplotlib.rcParams) == before
    assert logging.getLogger("matplotlib").level == level
    monkeypatch.undo()
    assert chart_picture(CHARTS["curves"], "svg", "light") == plain
    assert capfd.readouterr() == ("", "")


def test_a_curve_has_one_colour_in_all_frames():
    names = ["slow", "fast", "wild"]
    above = Panel("x", "y", surface=SURFACE, series=[Series(n, [0, 1], [0, 1]) for n in names])
    below = Panel("step", "loss", series=[Series(n, [0, 1], [1, 2]) for n in reversed(names)])
    lines = {g.get("id"): g for g in svg(above, below).iter(f"{SVG}g")}

    def stroke(frame, place):
        style = next(lines[f"panel-{frame}-series-{place}"].iter(f"{SVG}path")).get("style")
        return re.search(r"stroke: (#\w+)", style)[1]

    assert [stroke(0, place) for place in range(3)] == [stroke(1, 2 - place) for place in range(3)]
    assert len({stroke(0, place) for place in range(3)}) == 3


def test_the_same_bytes_wherever_things_lie_in_memory():
    chart = Chart(
        "four frames", [Panel("x", "y", surface=SURFACE), *[panel([1, 2]) for _ in "abc"]]
    )
    junk, seen = [], set()
    for count in range(12):
        junk.append([object() for _ in range(97 * count)])
        seen.add(chart_picture(chart, "svg", "auto"))
    assert len(seen) == 1


@pytest.mark.parametrize("aspect", [1, 9])
@pytest.mark.parametrize("names", ["lr {}", "a rather long name {}", "e[{}]"])
def test_a_legend_fits_in_row_by_row_order(names, aspect):
    ways = [Series(names.format(n / 10), [0, 1], [0, n], "steps") for n in range(1, 13)]
    grid = np.linspace(0.0, 1.0, 20)
    plane = Surface(grid, aspect * grid, np.add.outer(grid, grid))
    panels = [Panel("x", "y", series=ways, surface=plane), Panel("step", "loss", series=ways)]
    figure, _ = drawn_figure(Chart("", panels), "light")
    whole = figure.bbox
    for frame in figure.axes[:1]:
        legend = frame.get_legend()
        page = FigureCanvasAgg(figure).get_renderer()
        texts = [(text.get_window_extent(page), text.get_text()) for text in legend.get_texts()]
        assert all(whole.x0 <= box.x0 < box.x1 <= whole.x1 for box, _ in texts)
        rows = sorted(texts, key=lambda text: (-round(text[0].y0), text[0].x0))
        assert [name for _, name in rows] == [way.name for way in ways]
        assert frame.get_position().height * whole.height > 150


def test_a_second_round_of_colours_is_dashed_in_the_legend():
    ways = [Series(f"lr {n}", [0, 1], [0, n]) for n in range(8)]
    figure, _ = drawn_figure(Chart("", [Panel(series=ways)]), "light")
    legend = figure.axes[0].get_legend()
    assert legend.handlelength >= 3
    lines = zip(legend.get_texts(), legend.get_lines())
    dashes = {text.get_text(): line.is_dashed() for text, line in lines}
    assert [dashes[way.name] for way in ways] == [False] * 6 + [True] * 2


@pytest.mark.parametrize("height", [0.0, 1e3, -1e3, 1e9, 123456.789])
def test_the_labels_of_a_colour_bar_are_told_apart(height):
    grid = np.linspace(0.0, 1.0, 20)
    plane = Surface(grid, grid, height + np.add.outer(grid, grid))
    figure, _ = drawn_figure(Chart("", [Panel("x", "y", surface=plane)]), "light")
    bar = figure.axes[0].child_axes[0]
    labels = [label.get_text() for label in bar.get_yticklabels()]
    assert len(set(labels)) == len(labels) > 3
    assert all(len(label) <= 14 for label in labels)


@pytest.mark.parametrize("y", [[math.nan] * 3, [math.nan, 0.0, math.nan], [0.0, 0.0, 1.0], []])
@pytest.mark.parametrize("log", [False, True])
def test_a_curve_with_next_to_nothing_to_draw(y, log):
    whole = Series("whole", [0.0, 1.0, 2.0], [3.0, 2.0, 1.0])
    scarce = Series("scarce", [0.0, 1.0, 2.0][: len(y)], list(y))
    frame = Panel("step", "loss", log_x=log, log_y=log, series=[whole, scarce])
    assert {"whole", "scarce"} <= set(texts(svg(frame)))
