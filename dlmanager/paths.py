"""Where the program keeps its things."""

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from dlmanager.core.errors import BadInput, Surroundings

DATA_DIR_VARIABLE = "DLMANAGER_DATA_DIR"


@dataclass(frozen=True, slots=True)
class Paths:
    """Files of one profile. socket: where its window listens for a second start."""

    database: Path
    settings: Path
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
    if runtime and Path(runtime).is_dir():
        return Path(runtime)
    return Path("/tmp") / f"dlmanager-{os.getuid()}"


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


def _short_hash(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
