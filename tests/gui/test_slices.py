import time
from collections.abc import Iterator

from PySide6.QtCore import QElapsedTimer, QObject, QTimer
from pytestqt.qtbot import QtBot

from dlmanager.gui.slices import SLICE_S, Slices


def steps(count: int, taken: list[int], step_s: float = 0) -> Iterator[None]:
    for number in range(count):
        if step_s:
            time.sleep(step_s)
        taken.append(number)
        yield


def test_few_steps_are_taken_at_once(qtbot: QtBot) -> None:
    owner = QObject()
    slices, taken, ends = Slices(owner), list[int](), list[str]()
    slices.start(steps(20, taken, 0.001), lambda: ends.append("a"))
    assert (len(taken), ends, slices.is_busy) == (20, ["a"], False)


def test_many_steps_leave_the_loop_its_turn(qtbot: QtBot) -> None:
    owner = QObject()
    slices, taken, ends, turns = Slices(owner), list[int](), list[str](), list[str]()
    longest_ms, since = 0, QElapsedTimer()
    since.start()

    def on_tick() -> None:
        nonlocal longest_ms
        longest_ms = max(longest_ms, since.restart())

    ticks = QTimer(owner)
    ticks.timeout.connect(on_tick)
    ticks.start(0)
    slices.start(
        steps(600, taken, SLICE_S / 50), lambda: ends.append("a"), lambda: turns.append("t")
    )
    assert slices.is_busy
    qtbot.waitUntil(lambda: ends == ["a"], timeout=5000)
    assert len(taken) == 600
    assert len(turns) > 3
    assert not slices.is_busy
    assert longest_ms < 500  # the whole of it takes longer where the machine is busy


def test_new_steps_take_the_place_of_those_before(qtbot: QtBot) -> None:
    owner = QObject()
    slices, first, second, ends = Slices(owner), list[int](), list[int](), list[str]()
    slices.start(steps(10**6, first), lambda: ends.append("first"))
    slices.start(steps(3, second), lambda: ends.append("second"))
    assert (len(second), ends, slices.is_busy) == (3, ["second"], False)
    slices.start(steps(10**6, first), lambda: ends.append("first"))
    slices.stop()
    left = len(first)
    qtbot.wait(20)
    assert (len(first), ends) == (left, ["second"])


def test_what_follows_may_start_again(qtbot: QtBot) -> None:
    owner = QObject()
    slices, taken = Slices(owner), list[int]()
    slices.start(steps(2, taken), lambda: slices.start(steps(3, taken), lambda: None))
    assert taken == [0, 1, 0, 1, 2]
