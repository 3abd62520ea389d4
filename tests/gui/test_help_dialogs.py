"""What the Help menu opens."""

from collections.abc import Coroutine
from typing import Any

import pytest
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QLabel
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import WgetUnusable
from dlmanager.gui.help_dialogs import AboutDialog, Facts, KeysDialog, keys_of
from dlmanager.gui.main_window import MainWindow
from tests.gui.fake_queue import finish

FACTS = Facts("1.2.3", "MIT", "/home/a/data", "/home/a/dlmanager.log")


def texts(dialog: QDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


async def good() -> tuple[str, str]:
    return "/usr/bin/wget", "1.21.3"


async def bad() -> tuple[str, str]:
    raise WgetUnusable("/bin/cat is not GNU wget.")


@pytest.mark.parametrize(
    "ask, told", [(good, "1.21.3, /usr/bin/wget"), (bad, "/bin/cat is not GNU wget.")]
)
def test_the_program_tells_of_itself_and_of_wget(qtbot: QtBot, ask: Any, told: str) -> None:
    dialog = AboutDialog(FACTS, ask_wget=ask, start_task=finish)
    qtbot.addWidget(dialog)
    assert {"dlmanager 1.2.3", "MIT", FACTS.data, FACTS.log, told} <= set(texts(dialog))


def test_wget_that_is_known_too_late_is_told_to_nobody(qtbot: QtBot) -> None:
    begun: list[Coroutine[Any, Any, None]] = []
    dialog = AboutDialog(FACTS, ask_wget=good, start_task=begun.append)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.reject()
    finish(begun[0])


def test_keys_are_those_of_the_actions(qtbot: QtBot) -> None:
    add, plain, open_ = QAction("&Add links…"), QAction("Plain"), QAction("&Open")
    add.setShortcut(QKeySequence("Ctrl+N"))
    open_.setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
    assert keys_of([add, plain, open_]) == [("Add links", "Ctrl+N"), ("Open", "Return, Enter")]
    dialog = KeysDialog([add, plain, open_])
    qtbot.addWidget(dialog)
    assert texts(dialog) == ["Add links", "Ctrl+N", "Open", "Return, Enter"]


def test_the_window_lists_its_keys_and_tells_of_itself(window: MainWindow) -> None:
    window._actions.show_keys.trigger()
    (keys,) = window.findChildren(KeysDialog)
    assert keys.isVisible()
    assert {"Add links", "Ctrl+N", "Keyboard shortcuts", "F1"} <= set(texts(keys))
    keys.close()
    window._actions.about.trigger()
    assert any(dialog.isVisible() for dialog in window.findChildren(QDialog))
