"""What a person or a script asks for, before it may enter the queue."""

import os
from pathlib import Path

import pytest

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import BadInput, InvalidFolder, InvalidName, InvalidUrl
from dlmanager.core.job import NewJob
from dlmanager.core.secrets import Secrets
from dlmanager.engine.orders import check_folder, check_order

LINK = "http://127.0.0.1/a.bin"


def test_a_sound_order_is_taken_as_it_is(tmp_path: Path):
    assert check_order(LINK, tmp_path, "b.bin", max_retries=5, paused=True) == NewJob(
        url=LINK,
        target_directory=str(tmp_path),
        filename="b.bin",
        max_retries=5,
        paused=True,
    )


def test_a_checksum_is_part_of_the_order(tmp_path: Path):
    checksum = Checksum(ChecksumKind.MD5, "0a" * 16)
    assert check_order(LINK, tmp_path, max_retries=0, checksum=checksum).checksum == checksum


def test_without_a_name_the_server_names_the_file(tmp_path: Path):
    for nothing in (None, ""):
        assert check_order(LINK, tmp_path, nothing, max_retries=0).filename is None


@pytest.mark.parametrize("retries", [-1, 0, 1000])
def test_any_sound_number_of_retries_is_taken(tmp_path: Path, retries: int):
    assert check_order(LINK, tmp_path, max_retries=retries).max_retries == retries


@pytest.mark.parametrize(
    "changes, error, words",
    [
        ({"url": ""}, InvalidUrl, "link"),
        ({"url": "ftp://127.0.0.1/a"}, InvalidUrl, "http"),
        ({"url": "file:///etc/passwd"}, InvalidUrl, "http"),
        ({"url": "a.bin"}, InvalidUrl, "https://"),
        ({"url": "http://127.0.0.1/\ud800"}, InvalidUrl, "character"),
        ({"url": "http://me:hunter2%0A@127.0.0.1/a"}, InvalidUrl, "line break"),
        ({"url": "http://me%0dhunter2@127.0.0.1/a"}, InvalidUrl, "line break"),
        ({"filename": "../a"}, InvalidName, "name"),
        ({"filename": "a/b"}, InvalidName, "name"),
        ({"filename": ".."}, InvalidName, "name"),
        ({"filename": "a\0b"}, InvalidName, "name"),
        ({"filename": "x" * 300}, InvalidName, "name"),
        ({"max_retries": -2}, BadInput, "-1"),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, dict) else "",
)
def test_bad_input_is_one_plain_sentence(tmp_path: Path, changes, error, words: str):
    order = {"url": LINK, "target_directory": tmp_path, "max_retries": 3, **changes}
    with pytest.raises(error, match=words) as caught:
        check_order(**order)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_user_name_password_and_headers_are_no_part_of_the_link(tmp_path: Path):
    headers = [("Cookie", "session=hunter2")]
    order = check_order("http://me:hunter2@127.0.0.1/a", tmp_path, max_retries=3, headers=headers)
    assert order.url == "http://127.0.0.1/a"
    assert order.secrets == Secrets("me", "hunter2", (("Cookie", "session=hunter2"),))
    assert "hunter2" not in repr(order)


class TestTheFolder:
    def test_may_be_a_text_or_a_path(self, tmp_path: Path):
        assert check_folder(tmp_path) == check_folder(str(tmp_path)) == str(tmp_path)

    def test_is_made_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        (tmp_path / "sub").mkdir()
        monkeypatch.chdir(tmp_path)
        assert check_folder("sub") == str(tmp_path / "sub")
        assert check_folder("sub/../sub/") == str(tmp_path / "sub")
        assert check_folder(".") == str(tmp_path)

    def test_may_begin_with_a_tilde(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        (tmp_path / "Music").mkdir()
        monkeypatch.setenv("HOME", str(tmp_path))
        assert check_folder("~/Music") == str(tmp_path / "Music")
        assert check_folder("~") == str(tmp_path)

    def test_keeps_blanks_and_other_letters(self, tmp_path: Path):
        folder = tmp_path / " Übung ~ 7 "
        folder.mkdir()
        assert check_folder(str(folder)) == str(folder)

    def test_may_be_a_link_to_a_folder(self, tmp_path: Path):
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "real")
        assert check_folder(tmp_path / "link") == str(tmp_path / "link")

    @pytest.mark.parametrize("given", ["", "  ", "\t\n", "/tmp/a\0b"], ids=ascii)
    def test_that_was_not_given_is_asked_for(self, given: str):
        with pytest.raises(InvalidFolder, match="No folder was given"):
            check_folder(given)

    @pytest.mark.parametrize(
        "name, words",
        [
            ("gone", "does not exist"),
            ("dead link", "does not exist"),
            ("file", "is not a folder"),
            ("file/inside", "does not exist"),
        ],
        ids=["gone", "dead link", "file", "in a file"],
    )
    def test_that_cannot_be_one_is_told(self, tmp_path: Path, name: str, words: str):
        (tmp_path / "file").touch()
        (tmp_path / "dead link").symlink_to(tmp_path / "nowhere")
        with pytest.raises(InvalidFolder, match=words) as caught:
            check_folder(tmp_path / name)
        assert str(tmp_path) in str(caught.value)

    def test_that_cannot_be_written_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        asked: list[int] = []

        def access(path: Path, mode: int) -> bool:
            asked.append(mode)
            return False

        monkeypatch.setattr(os, "access", access)
        with pytest.raises(InvalidFolder, match="may not write"):
            check_folder(tmp_path)
        assert asked == [os.W_OK | os.X_OK]

    @pytest.mark.parametrize(
        "given", ["~no_such_person_here/Downloads", "/tmp/" + "x" * 300], ids=["person", "too long"]
    )
    def test_that_cannot_even_be_looked_up_is_told(self, given: str):
        with pytest.raises(InvalidFolder):
            check_folder(given)
