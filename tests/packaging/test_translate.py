"""The translations keep up with the words in the code, and the .qm files with the translations."""

import ast
import importlib.util
import re
import shutil
import string
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
RENEW = "run ./dev translate"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translate", ROOT / "packaging" / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


translate = load()
ALL = pytest.mark.parametrize(
    "ts", sorted(translate.TRANSLATIONS.glob("*.ts")), ids=lambda path: path.stem
)


def messages(ts: Path) -> Iterator[tuple[str, str, str]]:
    """The context, the words in the code, and their translation."""
    for context in ElementTree.parse(ts).getroot().iter("context"):
        for message in context.iter("message"):
            words = (message.findtext("source", ""), message.findtext("translation", ""))
            yield (context.findtext("name", ""), *words)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def asked_for() -> Iterator[tuple[Path, int, ast.expr]]:
    """Each text that the code wants translated, and where."""
    for path in sorted((ROOT / "dlmanager").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                match called(node):
                    case "tr":
                        yield path, node.lineno, node.args[0]
                    case "translate" | "QT_TRANSLATE_NOOP" if len(node.args) > 1:
                        yield path, node.lineno, node.args[1]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@ALL
def test_has_the_words_of_the_code(ts: Path, tmp_path: Path) -> None:
    renewed = Path(shutil.copy(ts, tmp_path))
    translate.renew(renewed)
    assert renewed.read_bytes() == ts.read_bytes(), RENEW


@ALL
def test_is_what_is_shown(ts: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.qm"
    translate.release(ts, made)
    assert made.read_bytes() == ts.with_suffix(".qm").read_bytes(), RENEW


@ALL
def test_is_complete(ts: Path) -> None:
    assert list(translate.untranslated(ts)) == []


@ALL
def test_no_word_of_the_settings_is_missing(ts: Path) -> None:
    known = {words for context, words, _ in messages(ts) if context == "Settings"}
    assert set(translate.words_of_settings()) <= known


@ALL
def test_no_text_hides_from_the_search_in_the_code(ts: Path) -> None:
    """Only literals are found: a text that is chosen or put together within the call is not."""
    known = {words for _, words, _ in messages(ts)}
    missing = []
    for path, line, argument in asked_for():
        is_name = isinstance(argument, ast.Name | ast.Subscript | ast.Call)
        if not is_name and not (isinstance(argument, ast.Constant) and argument.value in known):
            missing.append(f"{path.relative_to(ROOT)}:{line} {ast.unparse(argument)}")
    assert missing == []


@ALL
def test_translations_hold_the_same_values(ts: Path) -> None:
    unlike = [words for _, words, text in messages(ts) if fields(words) != fields(text)]
    assert unlike == []


@ALL
def test_translations_have_a_key_where_the_words_have_one(ts: Path) -> None:
    key = re.compile(r"&\w")
    unlike = [
        words
        for _, words, text in messages(ts)
        if bool(key.search(words)) != bool(key.search(text))
    ]
    assert unlike == []


def test_untranslated_words_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ts = tmp_path / "dlmanager_xx.ts"
    ts.write_text('<!DOCTYPE TS><TS version="2.1" language="de"></TS>', "utf-8")
    monkeypatch.setattr(translate, "TRANSLATIONS", tmp_path)
    assert translate.main() == 1
    assert ("SidePanel", "Waiting") in list(translate.untranslated(ts))
    assert ts.with_suffix(".qm").is_file()


def test_a_wheel_holds_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for kind in ("icons", "translations"):
        assert included[f"resources/{kind}"] == f"dlmanager/_resources/{kind}"
        assert (ROOT / "resources" / kind).is_dir()
