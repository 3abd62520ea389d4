import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlmanager.core.categories import (
    USUAL_CATEGORIES,
    Category,
    CategoryTable,
    parse_extensions,
)
from dlmanager.core.errors import BadInput


@pytest.mark.parametrize(
    "name, category",
    [
        ("thesis.pdf", Category.DOCUMENTS),
        ("THESIS.PDF", Category.DOCUMENTS),
        ("backup.tar.gz", Category.ARCHIVES),
        ("ubuntu-24.04.iso", Category.ARCHIVES),
        ("film.7z.001", Category.ARCHIVES),
        ("film.part01.rar", Category.ARCHIVES),
        ("film.mkv", Category.VIDEO),
        ("song.flac", Category.MUSIC),
        ("photo.JPEG", Category.IMAGES),
        ("setup.exe", Category.PROGRAMS),
        ("App.AppImage", Category.PROGRAMS),
        ("README", Category.OTHER),
        ("zip", Category.OTHER),
        ("", Category.OTHER),
        (".", Category.OTHER),
        ("a.", Category.OTHER),
        ("a.unheard-of", Category.OTHER),
        ("release-1.001", Category.OTHER),
    ],
)
def test_the_usual_categories(name: str, category: Category):
    assert USUAL_CATEGORIES.category_of(name) is category


def test_no_extension_is_listed_twice():
    listed = [each for endings in USUAL_CATEGORIES.extensions.values() for each in endings]
    assert len(listed) == len(set(listed))


def test_the_longest_ending_counts():
    table = CategoryTable({Category.ARCHIVES: ("gz",), Category.PROGRAMS: ("pkg.tar.gz",)})
    assert table.category_of("a.pkg.tar.gz") is Category.PROGRAMS
    assert table.category_of("a.tar.gz") is Category.ARCHIVES
    assert table.category_of("a.pkg.tar.gz.7z") is Category.OTHER
    assert table.category_of("gz") is Category.OTHER


def test_a_person_moves_an_extension_to_another_category():
    table = USUAL_CATEGORIES.with_extensions(Category.PROGRAMS, ".exe *.ISO")
    assert table.category_of("a.iso") is Category.PROGRAMS
    assert table.category_of("a.exe") is Category.PROGRAMS
    assert table.category_of("a.deb") is Category.OTHER
    assert table.category_of("a.zip") is Category.ARCHIVES
    assert USUAL_CATEGORIES.category_of("a.iso") is Category.ARCHIVES


def test_other_is_what_is_left_over():
    with pytest.raises(BadInput, match="no list of its own"):
        USUAL_CATEGORIES.with_extensions(Category.OTHER, "zip")


@pytest.mark.parametrize(
    "text, extensions",
    [
        ("", ()),
        (" ,; ", ()),
        ("zip", ("zip",)),
        (".Zip, *.tar.gz;rar\nZIP", ("zip", "tar.gz", "rar")),
        ("größe", ("größe",)),
    ],
)
def test_extensions_are_read_as_people_write_them(text: str, extensions: tuple[str, ...]):
    assert parse_extensions(text) == extensions


@pytest.mark.parametrize("text", ["a/b", "*", ".", "zip *", "a..b", "a" * 21, "a:b", "x?"])
def test_what_is_no_extension_is_told(text: str):
    with pytest.raises(BadInput, match="is no file extension"):
        parse_extensions(text)


@given(st.text(max_size=60))
def test_any_name_has_a_category(name: str):
    assert USUAL_CATEGORIES.category_of(name) in Category


@given(st.text(alphabet="abZ.,; *", max_size=30))
def test_what_was_read_is_read_again_the_same(text: str):
    try:
        extensions = parse_extensions(text)
    except BadInput:
        return
    assert parse_extensions(" ".join(extensions)) == extensions
