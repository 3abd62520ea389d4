import os
from pathlib import Path

import pytest

from dlmanager.core.errors import BadInput
from dlmanager.core.link_files import MAX_BYTES, FileLink
from dlmanager.desktop.link_files import read_link_file


def test_a_file_is_read_by_its_name(tmp_path: Path):
    path = tmp_path / "ä b.url"
    path.write_text("[InternetShortcut]\nURL=https://a.org/\n")
    assert read_link_file(str(path)).links == (FileLink("https://a.org/"),)


def test_what_cannot_be_read_is_told(tmp_path: Path):
    with pytest.raises(BadInput, match=r"gone\.txt cannot be read \(No such file"):
        read_link_file(str(tmp_path / "gone.txt"))
    with pytest.raises(BadInput, match="cannot be read"):
        read_link_file("a\0b")
    (tmp_path / "dir").mkdir()
    with pytest.raises(BadInput, match=r"^dir (is not a file|cannot be read)"):
        read_link_file(str(tmp_path / "dir"))


def test_a_pipe_keeps_nobody_waiting(tmp_path: Path):
    path = tmp_path / "links.txt"
    os.mkfifo(path)
    with pytest.raises(BadInput, match="is not a file that can be read"):
        read_link_file(str(path))


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES * 100)
    with pytest.raises(BadInput, match="more than 8 MB"):
        read_link_file(str(path))
