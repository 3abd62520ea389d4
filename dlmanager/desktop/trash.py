"""The system's trash, from which a deleted file can be taken back."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QFile, QStandardPaths

from dlmanager.core.errors import CannotDelete

_DATA = QStandardPaths.StandardLocation.GenericDataLocation

MoveFile = Callable[[str], bool]


def _move_with_qt(path: str) -> bool:
    # Qt makes the trash, but not the folder that it is in.
    data = Path(QStandardPaths.writableLocation(_DATA))
    with contextlib.suppress(OSError):  # then there is none
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Typed as if it might return the new path as well; it returns whether it was done.
    return bool(QFile.moveToTrash(path))


def move_to_trash(path: str, *, move: MoveFile = _move_with_qt) -> bool:
    """Move a file to the trash of this system; False if it is not there any more.

    Blocks, for long where the trash is on another disk. Raises CannotDelete, and the file is then
    where it was: nothing is ever deleted for good.
    """
    file = Path(path)
    if not (file.exists() or file.is_symlink()):
        return False
    if file.is_dir() and not file.is_symlink():
        raise CannotDelete(f"{file.name} is a folder now, and was not deleted.")
    if not move(path):
        raise CannotDelete(
            f"{file.name} could not be moved to the trash, and was not deleted. "
            "Choose Open folder to delete it by hand."
        )
    return True
