from pathlib import Path

import pytest

from dlmanager.core.errors import SettingsUnreadable
from dlmanager.core.settings import Settings
from dlmanager.store.settings_file import read_settings, write_settings


def test_without_a_file_the_defaults_count(tmp_path: Path):
    assert read_settings(tmp_path / "settings.toml") == Settings()


def test_what_is_written_is_read(tmp_path: Path):
    path = tmp_path / "new" / "settings.toml"
    settings = Settings(max_retries=-1, download_directory='/srv/"odd" names')
    write_settings(path, settings)
    assert read_settings(path) == settings
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [b"max_retries = ", b"max_retries = 'x'", b"nonsense = 1", b"\xff\xfe", b"max_retries = 5000"],
    ids=["not TOML", "wrong type", "unknown name", "not UTF-8", "out of range"],
)
def test_a_file_that_cannot_be_used_is_told_and_left_alone(tmp_path: Path, content: bytes):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsUnreadable, match="Correct the file"):
        read_settings(path)
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path):
    with pytest.raises(SettingsUnreadable):
        read_settings(tmp_path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "settings.toml"
    write_settings(path, Settings(max_retries=7))

    def no_replace(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_replace)
    with pytest.raises(SettingsUnreadable, match="No space left"):
        write_settings(path, Settings(max_retries=8))
    assert read_settings(path).max_retries == 7
    assert list(tmp_path.glob("settings*")) == [path]
