import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from dlmanager.gui.palette import dark_palette, light_palette
from dlmanager.gui.speed_graph import Curve, SpeedGraph, nice_ceiling

FLAT = [0.0] * 150 + [1_000_000.0] * 150


@pytest.mark.parametrize(
    "value, ceiling",
    [(1, 1), (1.1, 2), (2.2, 2.5), (2.6, 5), (7, 10), (999_000, 1_000_000), (0.03, 0.05)],
)
def test_a_scale_ends_at_a_round_number(value: float, ceiling: float) -> None:
    assert nice_ceiling(value) == pytest.approx(ceiling)


@pytest.mark.parametrize("now, word", [(1e6, "1.0 MB/s"), (0.0, "at rest")])
def test_a_curve_says_what_is_now_and_what_was_most(now: float, word: str) -> None:
    text = Curve("Queue: {now}, at most {peak}", [3e6, now]).text
    assert text.replace("\N{NO-BREAK SPACE}", " ") == f"Queue: {word}, at most 3.0 MB/s"


@pytest.fixture
def graph(qtbot: QtBot) -> SpeedGraph:
    made = SpeedGraph()
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.setPalette(light_palette())
    return made


def painted(graph: SpeedGraph) -> QImage:
    return graph.grab().toImage()


def is_blue(colour: QColor) -> bool:
    return colour.blue() > colour.red() + 60


def test_the_job_is_drawn_in_the_accent_and_high_where_it_was_fast(graph: SpeedGraph) -> None:
    graph.show_curves([Curve("Queue {now} {peak}", FLAT)], "then", "now")
    image = painted(graph)
    assert not any(is_blue(image.pixelColor(x, y)) for x in range(400) for y in range(28, 190))
    curves = [Curve("Queue {now} {peak}", FLAT), Curve("Job {now} {peak}", FLAT)]
    graph.show_curves(curves, "then", "now")
    image = painted(graph)
    blue = {x: [y for y in range(28, 190) if is_blue(image.pixelColor(x, y))] for x in (110, 380)}
    assert min(blue[380]) + 80 < min(blue[110])


@pytest.mark.parametrize("size", [(200, 60), (20, 10), (1, 1), (3000, 900)])
def test_any_size_can_be_painted(graph: SpeedGraph, size: tuple[int, int]) -> None:
    graph.resize(*size)
    graph.show_curves([Curve("Queue {now} {peak}", FLAT), Curve("{now}{peak}", FLAT)], "a", "b")
    graph.setPalette(dark_palette())
    assert not painted(graph).isNull()


def test_without_curves_there_is_nothing_but_ground(graph: SpeedGraph) -> None:
    image = painted(graph)
    base = graph.palette().base().color()
    assert {image.pixelColor(x, 100).name() for x in range(400)} == {base.name()}


def test_it_can_be_heard(graph: SpeedGraph) -> None:
    graph.show_curves([Curve("Queue: {now}, at most {peak}", FLAT)], "then", "now")
    heard = graph.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ")
    assert heard == "Queue: 1.0 MB/s, at most 1.0 MB/s"
