from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dlmanager.engine.coalescer import Coalescer


def test_many_marks_are_told_once_and_not_before_the_interval(qtbot: QtBot) -> None:
    told: list[set[str]] = []
    coalescer = Coalescer(20)
    coalescer.due.connect(told.append)
    for name in ("a", "b", "a"):
        coalescer.mark(name)
    assert told == []
    qtbot.waitUntil(lambda: bool(told), timeout=2000)
    assert told == [{"a", "b"}]


def test_flush_tells_at_once_and_only_what_is_new(qapp: QApplication) -> None:
    told: list[set[str]] = []
    coalescer = Coalescer(60_000)
    coalescer.due.connect(told.append)
    coalescer.flush()
    assert told == []
    coalescer.mark("a")
    coalescer.flush()
    coalescer.flush()
    coalescer.mark("b")
    coalescer.flush()
    assert told == [{"a"}, {"b"}]


def test_what_is_marked_while_telling_is_told_next(qapp: QApplication) -> None:
    told: list[set[str]] = []
    coalescer = Coalescer(60_000)
    coalescer.due.connect(lambda ids: (told.append(ids), coalescer.mark("later")))
    coalescer.mark("a")
    coalescer.flush()
    coalescer.flush()
    assert told == [{"a"}, {"later"}]
