"""Files of links on this machine: read off the disk, for `core.link_files` to understand."""

import os
import stat
from pathlib import Path

from dlmanager.core.errors import BadInput
from dlmanager.core.link_files import MAX_BYTES, LinkFile
from dlmanager.core.link_files import read_link_file as understand


def read_link_file(path: str) -> LinkFile:
    """Read a file of links; blocks for the disk and, if it is a long one, for seconds.

    Raises BadInput if it cannot be read, is no file, or is longer than core.link_files.MAX_BYTES.
    """
    name = Path(path).name
    try:
        # Not waiting for somebody to write into a pipe that is called like a list.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise BadInput(f"{name} is not a file that can be read.")
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a file"
        raise BadInput(f"{name} cannot be read ({reason}).") from error
    return understand(name, data)
