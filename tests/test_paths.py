"""Where the program keeps its things: the environment decides, and nothing else is touched."""

import os
import stat
from pathlib import Path

import pytest

from dlmanager.core.errors import DlmanagerError
from dlmanager.paths import (
    DATA_DIR_VARIABLE,
    default_download_directory,
    make_socket_folder,
    profile_paths,
    tighten,
)

SOCKET_PATH_BYTES = 107


@pytest.fixture
def home() -> Path:
    return Path(os.environ["HOME"])


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


class TestWithoutAWord:
    def test_the_folders_of_the_xdg_specification_count(self, home: Path, runtime: Path):
        paths = profile_paths(None)
        assert paths.database == home / ".local/share/dlmanager/queue.db"
        assert paths.settings == home / ".config/dlmanager/settings.toml"
        assert paths.log == home / ".local/state/dlmanager/log/dlmanager.log"
        assert paths.socket.parent == runtime

    def test_and_where_their_variables_point(
        self, tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
    ):
        for name in ("DATA", "CONFIG", "STATE"):
            monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
        paths = profile_paths(None)
        assert paths.database == tmp_path / "DATA/dlmanager/queue.db"
        assert paths.settings == tmp_path / "CONFIG/dlmanager/settings.toml"
        assert paths.log.is_relative_to(tmp_path / "STATE/dlmanager")

    def test_nothing_is_made(self, home: Path, runtime: Path):
        profile_paths(None)
        assert list(home.iterdir()) == []
        assert list(runtime.iterdir()) == []


class TestAFolderOfOnesOwn:
    def test_from_the_environment_holds_everything(
        self, tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "data"))
        paths = profile_paths(None)
        assert paths.database == tmp_path / "data/queue.db"
        assert paths.settings == tmp_path / "data/settings.toml"
        assert paths.window == tmp_path / "data/window.ini"
        assert paths.log == tmp_path / "data/logs/dlmanager.log"

    def test_from_the_command_line_wins(
        self, tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "environment"))
        assert profile_paths(str(tmp_path / "line")).database == tmp_path / "line/queue.db"

    @pytest.mark.parametrize("empty", ["", None])
    def test_that_is_empty_is_none(
        self, home: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch, empty: str | None
    ):
        monkeypatch.setenv(DATA_DIR_VARIABLE, "")
        assert profile_paths(empty).database.is_relative_to(home / ".local")

    def test_is_made_absolute(
        self, home: Path, tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.chdir(tmp_path)
        assert profile_paths("data").database == tmp_path / "data/queue.db"
        assert profile_paths("~/data").database == home / "data/queue.db"
        assert profile_paths("data").socket == profile_paths(str(tmp_path / "data")).socket

    def test_of_an_unknown_person_is_told(self):
        with pytest.raises(DlmanagerError):
            profile_paths("~no_such_person_here/data")


class TestTheSocket:
    def test_is_another_one_for_each_folder(self, runtime: Path, tmp_path: Path):
        folders = [None, *(str(tmp_path / name) for name in ("a", "b", "ä", "\udcff"))]
        sockets = {profile_paths(folder).socket for folder in folders}
        assert len(sockets) == len(folders)
        assert profile_paths("/x").socket == profile_paths("/x").socket

    def test_has_a_short_path_however_long_the_folder_is(self, tmp_path: Path):
        socket = profile_paths(str(tmp_path / "/".join(["deep" * 10] * 20))).socket
        assert len(os.fsencode(socket)) <= SOCKET_PATH_BYTES
        assert len(os.fsencode(f"/run/user/1000/{socket.name}")) <= SOCKET_PATH_BYTES

    def test_is_not_put_into_a_runtime_folder_where_others_may_write(self, runtime: Path):
        runtime.chmod(0o777)
        assert profile_paths(None).socket.parent == Path(f"/tmp/dlmanager-{os.getuid()}")

    def test_is_not_put_into_the_runtime_folder_of_another_user(
        self, runtime: Path, monkeypatch: pytest.MonkeyPatch
    ):
        """As `sudo` leaves it in the environment."""
        uid = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: uid)
        assert profile_paths(None).socket.parent == Path(f"/tmp/dlmanager-{uid}")

    @pytest.mark.parametrize("given", [None, "", "/no/such/folder"])
    def test_has_a_folder_of_this_users_own_where_the_system_gives_none(
        self, monkeypatch: pytest.MonkeyPatch, given: str | None
    ):
        if given is not None:
            monkeypatch.setenv("XDG_RUNTIME_DIR", given)
        assert profile_paths(None).socket.parent == Path(f"/tmp/dlmanager-{os.getuid()}")

    def test_has_its_folder_made_for_this_user_alone(self, tmp_path: Path):
        folder = tmp_path / "dlmanager-0"
        for _ in range(2):
            make_socket_folder(folder / "a.socket")
            facts = folder.lstat()
            assert stat.S_ISDIR(facts.st_mode)
            assert (facts.st_uid, facts.st_mode & 0o077) == (os.getuid(), 0)

    def test_leaves_the_desktops_folder_as_it_is(self, runtime: Path):
        runtime.chmod(0o750)
        make_socket_folder(profile_paths(None).socket)
        assert runtime.stat().st_mode & 0o777 == 0o750

    @pytest.mark.parametrize("kind", ["of another user", "open to all", "link"])
    def test_is_not_put_where_others_could_listen(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
    ):
        folder = tmp_path / "dlmanager-0"
        folder.mkdir(mode=0o700)
        match kind:
            case "of another user":
                monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
            case "open to all":
                folder.chmod(0o777)
            case "link":
                folder.rename(tmp_path / "elsewhere")
                folder.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(DlmanagerError, match="not yours alone"):
            make_socket_folder(folder / "a.socket")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


class TestWhatIsOursAlone:
    def make(self, *paths: Path) -> None:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.parent.chmod(0o777)
            path.write_bytes(b"x")
            path.chmod(0o666)

    def test_is_taken_from_others_where_we_chose_the_folders(self, home: Path, runtime: Path):
        paths = profile_paths(None)
        data = paths.database.parent
        made = [
            paths.database,
            data / "queue.db-wal",
            data / "queue.db-shm",
            data / "queue.db.lock",
            paths.settings,
            paths.log,
            paths.log.with_name(paths.log.name + ".1"),
        ]
        self.make(*made)
        assert tighten(paths) is None
        assert {mode(path) for path in made} == {0o600}
        assert {mode(path.parent) for path in made} == {0o700}
        assert mode(home / ".config") & 0o077  # not ours to change

    def test_in_a_folder_that_somebody_chose_is_but_our_files(self, tmp_path: Path, runtime: Path):
        paths = profile_paths(str(tmp_path / "data"))
        others = tmp_path / "data" / "notes.txt"
        self.make(paths.database, paths.settings, paths.log, others)
        told = tighten(paths)
        assert told is not None
        assert f"chmod go-w {tmp_path / 'data'}" in told
        assert {mode(path) for path in (paths.database, paths.settings, paths.log)} == {0o600}
        assert mode(others) == 0o666
        assert mode(tmp_path / "data") == mode(tmp_path / "data/logs") == 0o777

    @pytest.mark.parametrize(
        "folder_mode, is_told", [(0o700, False), (0o755, False), (0o757, True), (0o1777, True)]
    )
    def test_a_folder_is_told_of_where_others_can_put_files_in_the_place_of_ours(
        self, tmp_path: Path, runtime: Path, folder_mode: int, is_told: bool
    ):
        folder = tmp_path / "data"
        folder.mkdir()
        folder.chmod(folder_mode)
        assert (tighten(profile_paths(str(folder))) is not None) == is_told
        assert mode(folder) == folder_mode

    def test_a_group_of_ones_own_is_nobody_else(self, tmp_path: Path, runtime: Path, monkeypatch):
        folder = tmp_path / "data"
        folder.mkdir()
        folder.chmod(0o770)
        assert tighten(profile_paths(str(folder))) is None
        monkeypatch.setattr(os, "getgid", lambda: folder.stat().st_gid + 1)
        assert tighten(profile_paths(str(folder))) is not None

    def test_links_are_not_followed(self, tmp_path: Path, runtime: Path):
        paths = profile_paths(str(tmp_path / "data"))
        target = tmp_path / "target"
        target.write_bytes(b"")
        target.chmod(0o644)
        paths.database.parent.mkdir()
        paths.settings.symlink_to(target)
        tighten(paths)
        assert mode(target) == 0o644

    def test_nothing_is_made(self, home: Path, runtime: Path):
        assert tighten(profile_paths(None)) is None
        assert list(home.iterdir()) == []


class TestTheDownloadsFolder:
    def test_is_made_when_missing(self, home: Path):
        assert default_download_directory() == home / "Downloads"
        assert default_download_directory().is_dir()

    def test_is_the_one_the_desktop_names(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(tmp_path / "Ladungen"))
        assert default_download_directory() == tmp_path / "Ladungen"

    def test_as_written_in_the_persons_file_too(self, home: Path):
        (home / ".config").mkdir()
        (home / ".config/user-dirs.dirs").write_text('XDG_DOWNLOAD_DIR="$HOME/Ladungen"\n')
        assert default_download_directory() == home / "Ladungen"
