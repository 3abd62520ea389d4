"""Categories: what kind of thing a file is, by how its name ends."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dlmanager.core.errors import BadInput
from dlmanager.core.shown import printable


class Category(StrEnum):
    """The kinds of files, in the order in which people are shown them."""

    DOCUMENTS = "documents"
    ARCHIVES = "archives"
    VIDEO = "video"
    MUSIC = "music"
    IMAGES = "images"
    PROGRAMS = "programs"
    OTHER = "other"


_MAX_EXTENSION_CHARACTERS = 20
_MAX_PARTS = 3  # .tar.gz.asc and the like: nobody lists an extension of more parts

_EXTENSION = re.compile(r"[^\s./\\<>:\"|?*,;]+(?:\.[^\s./\\<>:\"|?*,;]+)*")
_SEPARATOR = re.compile(r"[\s,;]+")
_VOLUME = re.compile(r"\.[0-9]{2,4}\Z")  # film.7z.001 is of the kind of film.7z

_USUAL = {
    Category.DOCUMENTS: "pdf txt md rtf doc docx odt xls xlsx ods csv tsv ppt pptx odp epub mobi "
    "azw3 djvu ps tex log html htm xhtml mhtml xml json yaml yml ics srt",
    Category.ARCHIVES: "zip tar gz tgz bz2 tbz tbz2 xz txz zst tzst lz lzma lzo lz4 7z rar cab arj "
    "cpio lha br z iso img dmg vhd vhdx vmdk vdi qcow2",
    Category.VIDEO: "mp4 mkv webm avi mov mpg mpeg m4v wmv flv ts m2ts mts ogv 3gp vob f4v",
    Category.MUSIC: "mp3 flac ogg oga opus wav m4a m4b aac wma aiff alac ape mid midi mka",
    Category.IMAGES: "jpg jpeg png gif bmp webp svg tif tiff heic heif avif ico raw cr2 nef dng "
    "psd xcf jxl",
    Category.PROGRAMS: "deb rpm apk xapk exe msi msix appimage flatpak flatpakref snap pkg jar "
    "whl run bin crx xpi ipa",
}


@dataclass(frozen=True, slots=True)
class CategoryTable:
    """Which extensions belong to which category; each to one of them, the rest to OTHER.

    extensions: small letters, without the first dot, as `parse_extensions` returns them.
    """

    extensions: Mapping[Category, tuple[str, ...]] = field(default_factory=dict)
    _category_of: Mapping[str, Category] = field(init=False, repr=False, compare=False)
    _last_of_many: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The list asks for each of its rows.
        by_extension = {
            ending: category for category, endings in self.extensions.items() for ending in endings
        }
        object.__setattr__(self, "_category_of", by_extension)
        last_of_many = (each.rpartition(".")[2] for each in by_extension if "." in each)
        object.__setattr__(self, "_last_of_many", frozenset(last_of_many))

    def category_of(self, name: str) -> Category:
        """Return the category of a file by its name, such as `Job.display_name`.

        The longest ending that is listed counts: `tar.gz` before `gz`.
        """
        name = name.lower()
        if name[-1:].isdigit():  # asked first, as the list has this done for thousands of names
            name = _VOLUME.sub("", name)
        _, dot, last = name.rpartition(".")
        if last not in self._last_of_many:
            return self._category_of.get(last, Category.OTHER) if dot else Category.OTHER
        parts = name.split(".")[1:][-_MAX_PARTS:]
        for start in range(len(parts)):
            category = self._category_of.get(".".join(parts[start:]))
            if category is not None:
                return category
        return Category.OTHER

    def with_extensions(self, category: Category, text: str) -> "CategoryTable":
        """Return the table with what a person wrote as the extensions of one category.

        text: as `parse_extensions` takes it. What was listed in other categories leaves them.
        Raises BadInput; nothing can be listed for OTHER, which is what is left over.
        """
        if category is Category.OTHER:
            raise BadInput("Other holds what no category lists; it has no list of its own.")
        wanted = parse_extensions(text)
        others = {
            each: tuple(ending for ending in endings if ending not in wanted)
            for each, endings in self.extensions.items()
        }
        return CategoryTable({**others, category: wanted})


def parse_extensions(text: str) -> tuple[str, ...]:
    """Return the extensions in a text such as ".zip, tar.gz RAR", each once, in small letters.

    Separated by blanks, commas or semicolons; a dot or `*.` in front of each may stand or not.
    Raises BadInput with the first that is none.
    """
    found = []
    for word in filter(None, _SEPARATOR.split(text)):
        extension = word.lower().removeprefix("*").removeprefix(".")
        if len(extension) > _MAX_EXTENSION_CHARACTERS or not _EXTENSION.fullmatch(extension):
            raise BadInput(
                f"{printable(word[:40])} is no file extension. Write it like zip or tar.gz."
            )
        found.append(extension)
    return tuple(dict.fromkeys(found))


USUAL_CATEGORIES = CategoryTable(
    {category: tuple(words.split()) for category, words in _USUAL.items()}
)
"""The table that counts until a person edits it in the settings."""
