from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from dlmanager.gui import formatting, language
from dlmanager.gui.language import use_language


@pytest.fixture(autouse=True)
def english_again(qapp: QApplication) -> Iterator[None]:
    yield
    use_language(qapp, "en")


def have_system(monkeypatch: pytest.MonkeyPatch, locale: QLocale) -> None:
    class System(QLocale):
        @staticmethod
        def system() -> QLocale:
            return locale

    monkeypatch.setattr(language, "QLocale", System)


def word() -> str:
    return QCoreApplication.translate("SidePanel", "Waiting")


def test_german_has_our_words_and_those_of_qt(qapp: QApplication) -> None:
    use_language(qapp, "de")
    assert word() == "Wartend"
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert box.buttons()[0].text().replace("&", "") == "Abbrechen"


def test_english_takes_german_away_again(qapp: QApplication) -> None:
    use_language(qapp, "de")
    use_language(qapp, "en")
    assert word() == "Waiting"


def test_numbers_sizes_and_dates_follow_the_language(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_system(monkeypatch, QLocale("en_US"))
    moment_ms = 1_798_498_680_000
    use_language(qapp, "en")
    assert formatting.size(1_500_000) == "1.5\u00a0MB"
    assert formatting.date_and_time(moment_ms).startswith("12/2")
    use_language(qapp, "de")
    assert formatting.size(1_500_000) == "1,5\u00a0MB"
    assert formatting.whole_number(12_345) == "12.345"
    assert formatting.date_and_time(moment_ms).split(" ")[0].endswith(".12.26")


@pytest.mark.parametrize(
    "system, choice, words, number",
    [
        pytest.param("de_DE", "system", "Wartend", "1,5", id="the system's"),
        pytest.param("en_GB", "system", "Waiting", "1.5", id="the system's, which is the code's"),
        pytest.param("fr_FR", "system", "Waiting", "1,5", id="no words, but its numbers"),
        pytest.param("de_CH", "de", "Wartend", "1.5", id="the numbers of its own country"),
        pytest.param("de_DE", "en", "Waiting", "1,5", id="English in Germany"),
    ],
)
def test_the_system_decides_what_the_choice_leaves_open(
    qapp: QApplication,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    choice: str,
    words: str,
    number: str,
) -> None:
    have_system(monkeypatch, QLocale(system))
    use_language(qapp, choice)
    assert word() == words
    assert QLocale().toString(1.5, "f", 1) == number
