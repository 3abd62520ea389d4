import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from dlmanager.gui.sentence_label import SentenceLabel


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(600, 200)
    return made


@pytest.fixture
def label(window: QWidget, qtbot: QtBot) -> SentenceLabel:
    made = SentenceLabel(window)
    layout = QVBoxLayout(window)
    layout.addWidget(made)
    layout.addStretch(1)
    window.show()
    qtbot.waitExposed(window)
    return made


def test_it_is_as_high_as_its_text_needs_and_no_higher_than_that(label: SentenceLabel) -> None:
    label.say("One line.")
    height_px = label.height()
    label.say("Four lines.\n\n\nThe last.")
    assert label.height() == 4 * height_px
    label.say("One line.")
    assert label.height() == height_px


def test_it_gives_back_what_it_needed_in_a_narrow_window(
    window: QWidget, label: SentenceLabel, qtbot: QtBot
) -> None:
    label.say("A sentence that is broken into lines.")
    height_px = label.height()
    window.resize(80, 200)
    qtbot.waitUntil(lambda: label.height() > height_px)
    window.resize(600, 200)
    qtbot.waitUntil(lambda: label.height() == height_px)
