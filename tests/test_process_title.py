import sys

import pytest

from dlmanager.process_title import hide_arguments


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    import setproctitle

    titles: list[str] = []
    monkeypatch.setattr(setproctitle, "setproctitle", titles.append)
    return titles


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "http://u:p@h/"],
        ["https://u@h/"],
        ["config", "set", "proxy", "http://u:p@h:1"],
        ["add", "--header", "Cookie: a", "http://h/"],
        ["add", "--header=Cookie: a", "http://h/"],
    ],
)
def test_arguments_with_secrets_are_overwritten(titles: list[str], arguments: list[str]):
    hide_arguments(arguments)
    assert titles == ["dlmanager"]


@pytest.mark.parametrize("arguments", [[], ["list"], ["add", "http://h/a@b"]])
def test_others_stay_and_cost_nothing(monkeypatch, arguments: list[str]):
    monkeypatch.setitem(sys.modules, "setproctitle", None)  # an import would fail
    hide_arguments(arguments)
