"""Bring the translations up to the words in the code. Run it as `./dev translate`.

It finds the words (lupdate), keeps what is translated, and makes the .qm files that are shown
(lrelease). Both kinds of file are in the repository: a fresh clone speaks German at once.
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from pathlib import Path

import PySide6

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dlmanager.core.settings import Page, describe, setting_names  # noqa: E402
from dlmanager.gui import sentences  # noqa: E402

TRANSLATIONS = ROOT / "resources" / "translations"


def main() -> int:
    """Renew all translations; returns 1 if something is left to translate."""
    left = 0
    for ts in sorted(TRANSLATIONS.glob("*.ts")):
        renew(ts)
        release(ts, ts.with_suffix(".qm"))
        for context, words in untranslated(ts):
            left += 1
            print(f"{ts.name}: to be translated in {context}: {words}")
    return int(bool(left))


def renew(ts: Path) -> None:
    """Bring a .ts file up to the words in the code; translations of words that are gone go too."""
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder, "listed_words.py")
        listing.write_text(
            _as_code("Settings", words_of_settings())
            + _as_code(sentences.CONTEXT, sentences.KNOWN),
            encoding="utf-8",
        )
        sources = sorted((ROOT / "dlmanager" / "gui").glob("*.py"))
        # Without places in the code: else each new line above would change the file.
        options = ("-silent", "-locations", "none", "-no-obsolete", "-sort-messages")
        guesses = ("-disable-heuristic", "sametext", "-disable-heuristic", "similartext")
        _run("lupdate", *options, *guesses, *sources, listing, "-ts", ts)


def release(ts: Path, qm: Path) -> None:
    """Make the .qm file that Qt reads."""
    _run("lrelease", "-silent", ts, "-qm", qm)


def untranslated(ts: Path) -> Iterator[tuple[str, str]]:
    """The context and the words of what a .ts file has no translation for yet."""
    for context in ElementTree.parse(ts).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is None or translation.get("type") or not translation.text:
                yield context.findtext("name", ""), message.findtext("source", "")


def words_of_settings() -> list[str]:
    """The words of the declaration of the settings, which lies where no Qt is."""
    found = dict.fromkeys(str(page) for page in Page)
    for description in map(describe, setting_names()):
        found |= dict.fromkeys((description.label, description.explanation))
        found |= dict.fromkeys((description.unit, description.least_means))
    return [words for words in found if words]


def _as_code(context: str, words: Iterable[str]) -> str:
    return "".join(f"QCoreApplication.translate({context!r}, {each!r})\n" for each in words)


def _run(tool: str, *arguments: str | Path) -> None:
    program = Path(PySide6.__file__).parent / tool
    subprocess.run([program, *arguments], check=True, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
