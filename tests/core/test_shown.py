import pytest

from dlmanager.core.shown import printable, shortened


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a b", "a b"),
        ("ä✓", "ä✓"),
        ("a\x1b[31m\n", "a\ufffd[31m\ufffd"),
        ("\u202eexe", "\ufffdexe"),
        ("", ""),
    ],
    ids=ascii,
)
def test_what_would_not_be_seen_is_marked(text: str, shown: str):
    assert printable(text) == shown


@pytest.mark.parametrize("text, shown", [("abc", "abc"), ("abcd", "ab…"), ("", "")])
def test_long_text_is_cut(text: str, shown: str):
    assert shortened(text, 3) == shown
