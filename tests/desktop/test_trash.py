from pathlib import Path

import pytest

from dlmanager.core.errors import CannotDelete
from dlmanager.desktop.trash import move_to_trash


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's own trash, on the disk of the files."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path / "share" / "Trash"


@pytest.mark.parametrize("name", ["a.iso", "ü %41 -rf.iso", "-a"])
def test_a_file_goes_to_the_trash_with_where_it_was(tmp_path: Path, trash: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"bytes")
    assert move_to_trash(str(file))
    assert not file.exists()
    assert (trash / "files" / name).read_bytes() == b"bytes"
    assert "Path=" in (trash / "info" / f"{name}.trashinfo").read_text()


def test_of_a_link_the_link_alone_goes(tmp_path: Path, trash: Path) -> None:
    (tmp_path / "target").write_bytes(b"bytes")
    link = tmp_path / "a.iso"
    link.symlink_to(tmp_path / "target")
    assert move_to_trash(str(link))
    assert not link.is_symlink()
    assert (tmp_path / "target").exists()


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    assert not move_to_trash(str(tmp_path / "a.iso"))


def test_where_there_is_no_trash_nothing_is_deleted(tmp_path: Path) -> None:
    file = tmp_path / "a.iso"
    file.write_bytes(b"bytes")
    with pytest.raises(CannotDelete, match=r"^a\.iso could not be moved to the trash, and was not"):
        move_to_trash(str(file), move=lambda path: False)
    assert file.read_bytes() == b"bytes"


def test_a_folder_in_its_place_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a.iso"
    folder.mkdir()
    with pytest.raises(CannotDelete, match="is a folder now"):
        move_to_trash(str(folder))
    assert folder.is_dir()
