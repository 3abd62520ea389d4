"""The parts that an undo can still bring back."""

import pytest
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from dlmanager.engine.kept_parts import KeptParts

LONG_MS = 600_000


@pytest.fixture
def kept(qapp: object) -> KeptParts:
    return KeptParts()


def test_parts_are_kept_until_their_time_is_over(kept: KeptParts, qtbot: QtBot) -> None:
    with qtbot.waitSignal(kept.expired):
        kept.keep(["a", "b"], 1)
        assert "a" in kept
        assert "c" not in kept
    assert "a" not in kept


def test_the_last_removal_alone_is_kept(kept: KeptParts) -> None:
    kept.keep(["a"], LONG_MS)
    kept.keep(["b"], LONG_MS)
    assert "a" not in kept
    assert "b" in kept


def test_letting_go_is_told_once_and_only_where_something_was_kept(kept: KeptParts) -> None:
    told = QSignalSpy(kept.expired)
    kept.let_go()
    assert told.count() == 0
    kept.keep(["a"], LONG_MS)
    kept.let_go()
    kept.let_go()
    assert told.count() == 1
