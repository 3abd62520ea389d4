from pathlib import Path

import pytest

from dlmanager.core.errors import InvalidFolder, InvalidSetting, SettingsUnreadable, WgetUnusable
from dlmanager.core.secrets import Secrets
from dlmanager.core.settings import Settings
from dlmanager.engine.settings_keeper import SettingsKeeper
from dlmanager.store.secret_store import PROXY, SecretStore
from dlmanager.store.settings_file import read_settings, write_settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def secrets(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path)


@pytest.fixture
def keeper(path: Path, secrets: SecretStore, loop) -> SettingsKeeper:
    return SettingsKeeper(path, Settings(), secrets)


def test_a_change_is_in_the_file_and_told(keeper, path, run):
    told = []
    keeper.changed.connect(told.append)
    run(keeper.set("max_retries", "7"))
    assert read_settings(path) == keeper.settings == Settings(max_retries=7)
    assert told == [Settings(max_retries=7)]


@pytest.mark.parametrize(
    "name, text, error",
    [
        ("max_concurrent_downloads", "0", InvalidSetting),
        ("download_directory", "/no/such/folder", InvalidFolder),
        ("wget_executable_path", "/no/such/wget", WgetUnusable),
        ("wget_executable_path", "/bin/true", WgetUnusable),
        ("proxy", "not a proxy", InvalidSetting),
    ],
)
def test_what_cannot_be_used_changes_nothing(keeper, path, run, name, text, error):
    with pytest.raises(error):
        run(keeper.set(name, text))
    assert keeper.settings == Settings()
    assert not path.exists()


def test_what_another_program_wrote_meanwhile_stays(keeper, path, run):
    write_settings(path, Settings(low_speed_time_s=5))
    run(keeper.set("max_retries", "7"))
    assert read_settings(path) == Settings(max_retries=7, low_speed_time_s=5)


def test_what_another_program_writes_is_told(keeper, path, qtbot):
    with qtbot.waitSignal(keeper.changed, timeout=5000) as told:
        write_settings(path, Settings(max_retries=9))
    assert told.args == [Settings(max_retries=9)]


def test_once_closed_it_tells_nothing(keeper, path, secrets, qtbot):
    told = []
    keeper.changed.connect(told.append)
    witness = SettingsKeeper(path, Settings(), secrets)
    keeper.close()
    with qtbot.waitSignal(witness.changed, timeout=5000):
        write_settings(path, Settings(max_retries=9))
    assert told == []
    witness.close()


def test_a_broken_file_is_left_as_it_is(keeper, path, run):
    path.write_text("max_retries = oops")
    with pytest.raises(SettingsUnreadable):
        run(keeper.set("max_retries", "7"))
    assert path.read_text() == "max_retries = oops"
    assert keeper.settings == Settings()


def test_reset_gives_defaults_to_what_was_named(keeper, path, run):
    run(keeper.set("max_retries", "7"))
    run(keeper.set("header_timeout_s", "5"))
    run(keeper.reset(["max_retries"]))
    assert read_settings(path) == keeper.settings == Settings(header_timeout_s=5)


def test_a_reset_category_takes_its_extensions_back(keeper, run):
    run(keeper.set("category_programs", "exe iso"))
    assert "iso" not in keeper.settings.category_archives
    run(keeper.reset(["category_archives"]))
    assert keeper.settings == Settings(category_programs="exe")


def test_the_password_of_the_proxy_goes_to_the_secrets(keeper, path, secrets, run):
    run(keeper.set("proxy", "http://me:secret@proxy.example:3128"))
    assert keeper.settings.proxy == "http://proxy.example:3128/"
    assert "secret" not in path.read_text()
    assert secrets.load(PROXY) == Secrets(user="me", password="secret")
    run(keeper.reset(["proxy"]))
    assert secrets.load(PROXY) is None


def test_a_wget_is_kept_with_its_path_in_full(keeper, run, tmp_path, monkeypatch):
    (tmp_path / "wget").symlink_to("/usr/bin/wget")
    monkeypatch.chdir(tmp_path)
    run(keeper.set("wget_executable_path", "./wget"))
    assert keeper.settings.wget_executable_path == str(tmp_path / "wget")
