"""Where the program keeps its things."""

import contextlib
import hashlib
import os
import shlex
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from dlmanager.core.errors import BadInput, Surroundings

DATA_DIR_VARIABLE = "DLMANAGER_DATA_DIR"


@dataclass(frozen=True, slots=True)
class Paths:
    """Files of one profile. socket: where its window listens for a second start.

    window: what the window remembers by itself, such as that something was told once, and the
    folders used lately.
    """

    database: Path
    settings: Path
    window: Path
    log: Path
    socket: Path


def profile_paths(data_dir: str | None) -> Paths:
    """The files of the profile in a folder; None for the folders the XDG specification names.

    data_dir: what was given on the command line; the environment's DLMANAGER_DATA_DIR counts
    where nothing was.
    """
    chosen = data_dir or os.environ.get(DATA_DIR_VARIABLE)
    if chosen:
        try:
            folder = Path(chosen).expanduser().absolute()
        except RuntimeError as error:
            raise BadInput(f"The data folder {chosen} cannot be found.") from error
        settings, log = folder, folder / "logs"
    else:
        folder = platformdirs.user_data_path("dlmanager").absolute()
        settings = platformdirs.user_config_path("dlmanager")
        log = platformdirs.user_log_path("dlmanager")
    return Paths(
        database=folder / "queue.db",
        settings=settings / "settings.toml",
        window=folder / "window.ini",
        log=log / "dlmanager.log",
        socket=_socket_folder() / f"dlmanager-{_short_hash(folder.resolve())}.socket",
    )


def default_download_directory() -> Path:
    """The person's Downloads folder, as the desktop names it; made when missing."""
    folder = platformdirs.user_downloads_path()
    with contextlib.suppress(OSError):  # whoever saves there is told that it does not exist
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _socket_folder() -> Path:
    """A folder for this user's sockets; short, as a socket's path may hold 107 bytes only."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and _is_private(Path(runtime)):
        return Path(runtime)
    return Path("/tmp") / f"dlmanager-{os.getuid()}"


def _is_private(folder: Path) -> bool:
    """Whether a folder is this user's, and nobody else can put anything there."""
    # After `sudo` the environment may name the folder of another user.
    return folder.is_dir() and folder.stat().st_uid == os.getuid() and not _others_may_write(folder)


def make_socket_folder(socket: Path) -> None:
    """Make the folder of a socket, for this user alone.

    Raises Surroundings if something stands there that is not ours alone: whoever listens in it
    would get our links.
    """
    folder = socket.parent
    if str(folder) == os.environ.get("XDG_RUNTIME_DIR"):
        return  # the desktop has made it, for this user alone
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise Surroundings(f"The folder {folder} is not yours alone. Remove it and try again.")


def tighten(paths: Paths) -> str | None:
    """Take from others what an older version, a copy or a wide umask let them do with our files.

    Nothing is made. Files under names of ours become this user's alone (0600), and so do our
    folders of the XDG specification (0700). A folder that the person chose stays as it is; if
    others may write in it, they can put files of their own in the place of ours: then a sentence
    says so.
    """
    data = paths.database.parent
    if data != paths.settings.parent:  # the person chose none
        for folder in (data, paths.settings.parent, paths.log.parent):
            _make_private(folder, stat.S_ISDIR)
    files = [
        paths.settings,
        paths.window,
        *data.glob(f"{paths.database.name}*"),
        *paths.log.parent.glob(f"{paths.log.name}*"),
    ]
    for path in files:
        _make_private(path, stat.S_ISREG)
    if _others_may_write(data):
        return (
            f"Other users of this computer may write in {data}, where the queue is kept. "
            f"Better: chmod go-w {shlex.quote(str(data))}"
        )
    return None


def _make_private(path: Path, is_kind: Callable[[int], bool]) -> None:
    with contextlib.suppress(OSError):  # it is not there, or the file system has no modes
        facts = path.lstat()
        if is_kind(facts.st_mode) and facts.st_uid == os.getuid() and facts.st_mode & 0o077:
            path.chmod(stat.S_IMODE(facts.st_mode) & 0o700)


def _others_may_write(folder: Path) -> bool:
    """Whether another user may change what is in a folder; False if it is not there."""
    try:
        facts = folder.stat()
    except OSError:
        return False
    if facts.st_uid not in (os.getuid(), 0):
        return True
    # Many systems give each person a group of their own, and a umask that lets it write.
    is_own_group = facts.st_gid == os.getgid()
    return bool(facts.st_mode & (0o002 if is_own_group else 0o022))


def _short_hash(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
