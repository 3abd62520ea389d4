import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dlmanager.core.errors import DlmanagerError
from dlmanager.core.filenames import check_filename
from dlmanager.core.settings import Settings, with_setting
from dlmanager.core.urls import normalise_url
from dlmanager.engine.orders import check_folder
from dlmanager.gui.language import use_language
from dlmanager.gui.sentences import KNOWN, in_window_language, parts_of, template_of
from dlmanager.wget.version import check_version_output

PACKAGE = Path(__file__).resolve().parents[2] / "dlmanager"
MAKERS = (
    *("core", "wget", "engine", "store", "desktop", "app.py", "window_app.py"),
    *("occupied_queue.py", "usable_settings.py", "log.py", "paths.py"),
)
LOGGED = ("debug", "info", "warning", "error", "critical", "exception")


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    use_language(qapp, "de")
    yield
    use_language(qapp, "en")


def text_of(node: ast.AST) -> str | None:
    """A literal, with X for each value in it; None for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text.replace("{path}", "X")
        case ast.JoinedStr(values=values):
            return "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in values)
        case _:
            return None


def not_said(tree: ast.AST) -> Iterator[ast.AST]:
    """What people do not see: docstrings, the log, and the pieces of longer literals."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                yield text
            case ast.JoinedStr():
                yield from (part for part in ast.walk(node) if part is not node)
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in LOGGED:
                yield from ast.walk(node)
            case ast.Assert():
                yield from ast.walk(node)


def sentences_in(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {id(node) for node in not_said(tree)}
    for node in ast.walk(tree):
        text = None if id(node) in skipped else text_of(node)
        if text and " " in text and text.rstrip().endswith((".", ": X")):
            yield text.strip()


IN_PARTS = {
    # Each way to fill these is a template of its own.
    "A file name cannot begin with X.",
    "No program is known that opens X.",
    "X is there: choose Open folder to see it.",
    "The server could not prove who it is: its certificate X.",
    "X is X, not X.",
    "X is between X, not X.",
    "X; X: X",
    "X: X",
    "X.",
    ".",
    # Behind another sentence, with which they make two.
    "X Then choose Retry.",
    "X Your links were added to it.",
    "X Until then the defaults count.",
    "X Until then downloads go to X.",
}
ON_THE_COMMAND_LINE = {
    "Other holds what no category lists; it has no list of its own.",
    "A header is written as Name: value, for example Cookie: session=1234.",
    "The header X has no value.",
    "The header X holds a line break or another control character.",
    "The header X is longer than X characters.",
    "The header X cannot be given: dlmanager needs it itself to fetch a file safely.",
    "The data folder X cannot be found.",
    "No server could be reached for ten minutes.",
    "Check the network and run it again: every download goes on from where it stopped.",
    "there is no display for a window.",
    "`dlmanager run` works on the queue without one.",
}
FOR_WGET_OR_THE_LOG = {"If-Match: X", "If-Unmodified-Since: X", "header = X: X", "error: X"}


def test_every_sentence_that_is_made_without_qt_is_known() -> None:
    """If this fails: add the sentence to dlmanager/gui/sentences.py, and run ./dev translate."""
    unknown = []
    for name in MAKERS:
        place = PACKAGE / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            for sentence in sentences_in(path):
                for part, found in parts_of(sentence):
                    known = IN_PARTS | ON_THE_COMMAND_LINE | FOR_WGET_OR_THE_LOG
                    if found is None and part not in known:
                        unknown.append(f"{path.relative_to(PACKAGE)}: {part}")
    assert unknown == []


def reason_of(make: Callable[[], object]) -> str:
    with pytest.raises(DlmanagerError) as caught:
        make()
    return str(caught.value)


@pytest.mark.parametrize(
    "make, german_words",
    [
        pytest.param(
            lambda: normalise_url("ftp://example.org/"),
            "Nur Links mit http und https lassen sich laden, nicht ftp.",
            id="value",
        ),
        pytest.param(
            lambda: normalise_url("https://example.org:99999/a"),
            "Der Port dieses Links liegt nicht zwischen 1 und 65535: https://example.org:99999/a",
            id="link",
        ),
        pytest.param(
            lambda: check_filename("-rf"),
            "Ein Dateiname darf nicht mit einem Bindestrich beginnen.",
            id="one of several",
        ),
        pytest.param(
            lambda: check_folder("/no/such. Folder. here"),
            "Den Ordner /no/such. Folder. here gibt es nicht. "
            "Bitte anlegen oder einen anderen wählen.",
            id="a path that looks like sentences",
        ),
        pytest.param(
            lambda: with_setting(Settings(), "max_retries", "many"),
            "max_retries ist eine ganze Zahl, nicht 'many'.",
            id="setting",
        ),
        pytest.param(
            lambda: with_setting(Settings(), "max_retries", "5000"),
            "max_retries liegt zwischen -1 und 1000, nicht 5000.",
            id="bounds",
        ),
        pytest.param(
            lambda: with_setting(Settings(), "category_images", "jpg a/b"),
            "category_images: a/b ist keine Dateiendung. Bitte schreiben wie zip oder tar.gz.",
            id="extension",
        ),
        pytest.param(
            lambda: check_version_output("GNU Wget 1.12 built on linux-gnu.", "/opt/wget"),
            "/opt/wget ist Version 1.12.0 und damit zu alt. Bitte GNU wget 1.16 oder neuer "
            "installieren oder in den Einstellungen ein anderes wählen.",
            id="two sentences",
        ),
    ],
)
@pytest.mark.usefixtures("german")
def test_a_reason_is_told_in_german(make: Callable[[], object], german_words: str) -> None:
    assert in_window_language(reason_of(make)) == german_words


@pytest.mark.usefixtures("german")
def test_what_is_not_known_stays_as_it_is() -> None:
    text = "The server hums. The server cannot be reached. Check your connection. And so on."
    assert in_window_language(text) == (
        "The server hums. Der Server ist nicht erreichbar. Bitte die Verbindung prüfen. And so on."
    )


@pytest.mark.usefixtures("german")
def test_values_are_kept_to_the_letter() -> None:
    path = "/tmp/{name} 100 %. <b>\n"
    assert in_window_language(f"The file {path} is not a database.") == (
        f"Die Datei {path} ist keine Datenbank."
    )
    assert in_window_language("The disk cannot be used just now (Input/output error).") == (
        "Die Platte ist gerade nicht verwendbar (Ein-/Ausgabefehler)."
    )


@pytest.mark.parametrize("text", ["", " ", ".", "No sentence", *KNOWN])
def test_english_is_left_as_it_was(qapp: QApplication, text: str) -> None:
    assert in_window_language(text) == text


def test_each_template_is_found_by_itself() -> None:
    """None stands in the way of another that says more."""
    for template in KNOWN:
        found = template_of(template)
        assert found is not None
        assert found[0] == template
