"""Keys for labels."""

from dlmanager.gui.mnemonics import keys_of, with_mnemonics


def test_each_label_gets_a_key_of_its_own() -> None:
    labels = ["Proxy", "No proxy for", "Pause", "Colours"]
    assert with_mnemonics(labels) == ["&Proxy", "&No proxy for", "P&ause", "&Colours"]


def test_the_beginning_of_a_word_goes_first() -> None:
    assert with_mnemonics(["Retries", "Rows of Text"], {"r"}) == ["R&etries", "Rows &of Text"]


def test_keys_of_others_stay_theirs_in_any_case() -> None:
    assert with_mnemonics(["Öffnen"], keys_of(["&Öde", "x &Fern"])) == ["Öff&nen"]
    assert keys_of(["&Test", "B&rowse…", "Close"]) == {"t", "r"}


def test_where_no_letter_is_free_there_is_no_key() -> None:
    assert with_mnemonics(["ab", "ab", "ab"]) == ["&ab", "a&b", "ab"]
