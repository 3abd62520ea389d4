import stat
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from dlmanager.gui.window_state import WindowState


def read_anew(path: Path) -> WindowState:
    """Read what is on the disk: under one name Qt shares what it has in memory."""
    return WindowState(path.rename(path.with_name("another.ini")))


def test_what_was_told_once_stays_told(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    state = WindowState(path)
    assert not state.was_told_of_tray
    assert not path.exists()
    state.note_told_of_tray()
    assert state.was_told_of_tray
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_anew(path).was_told_of_tray


def test_without_a_file_it_is_remembered_to_the_end_of_the_program() -> None:
    state = WindowState(None)
    state.note_told_of_tray()
    assert state.was_told_of_tray
    assert not WindowState(None).was_told_of_tray


@pytest.mark.parametrize("content", [b"\xff\x00[[[", b"[tray]\ntold=perhaps\n", b""])
def test_a_file_that_makes_no_sense_counts_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "window.ini"
    path.write_bytes(content)
    WindowState(path).note_told_of_tray()
    assert read_anew(path).was_told_of_tray


def test_where_it_cannot_be_written_it_is_told_again_next_time(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "a file" / "window.ini"
    path.parent.parent.write_bytes(b"")
    state = WindowState(path)
    state.note_told_of_tray()
    assert state.was_told_of_tray
    assert not path.exists()


def test_the_details_are_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    state = WindowState(path)
    assert (state.details_are_shown, state.details_height_px, state.details_page) == (True, None, 0)
    state.note_details_shown(False)
    state.note_details_height(321)
    state.note_details_page(3)
    again = read_anew(path)
    assert (again.details_are_shown, again.details_height_px, again.details_page) == (False, 321, 3)


@pytest.mark.parametrize("height", ["tall", "-5", ""])
def test_details_that_make_no_sense_are_passed_over(tmp_path: Path, height: str) -> None:
    path = tmp_path / "window.ini"
    path.write_text(f"[details]\nshown=maybe\nheight={height}\npage=x\n")
    state = WindowState(path)
    assert (state.details_are_shown, state.details_height_px, state.details_page) == (True, None, 0)


def test_window_columns_and_side_panel_are_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    state = WindowState(path)
    assert state.geometry.isEmpty()
    assert (state.columns, state.side_panel_is_shown, state.side_panel_width_px) == ("", True, None)
    state.note_geometry(QByteArray(b"\x00\xffplace"))
    state.note_columns('{"chosen": ["NAME", "SIZE"]}')
    state.note_side_panel_shown(False)
    state.note_side_panel_width(222)
    again = read_anew(path)
    assert again.geometry.data() == b"\x00\xffplace"
    assert again.columns == '{"chosen": ["NAME", "SIZE"]}'
    assert (again.side_panel_is_shown, again.side_panel_width_px) == (False, 222)


def test_columns_that_somebody_wrote_without_quotes_count_as_none(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    path.write_text("[list]\ncolumns=a, b, c\n[window]\ngeometry=ä\n")
    assert WindowState(path).columns == ""
    assert isinstance(WindowState(path).geometry.data(), bytes)


def test_the_last_ten_folders_are_remembered_the_last_one_first(tmp_path: Path) -> None:
    state = WindowState(tmp_path / "window.ini")
    assert state.folders == ()
    for folder in ("/a", "/ä, b", "/a"):
        state.note_folder(folder)
    assert state.folders == ("/a", "/ä, b")
    for number in range(12):
        state.note_folder(f"/{number}")
    assert state.folders == tuple(f"/{n}" for n in range(11, 1, -1))
    assert read_anew(tmp_path / "window.ini").folders == state.folders


def test_one_folder_alone_is_remembered(tmp_path: Path) -> None:
    WindowState(tmp_path / "window.ini").note_folder("/a")
    assert read_anew(tmp_path / "window.ini").folders == ("/a",)


@pytest.mark.parametrize("value", ["", "@Invalid()", "@ByteArray(x)", "7", ", ,/a, /a"])
def test_whatever_stands_for_folders_is_taken(tmp_path: Path, value: str) -> None:
    path = tmp_path / "window.ini"
    path.write_text(f"[add]\nfolders={value}\n")
    assert all(isinstance(folder, str) and folder for folder in WindowState(path).folders)
