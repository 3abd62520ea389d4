"""Check what a person asks for, before it may enter the queue."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import BadInput, InvalidFolder
from dlmanager.core.filenames import check_filename
from dlmanager.core.job import NewJob, NewMirror
from dlmanager.core.mirrors import check_mirrors
from dlmanager.core.priority import Priority
from dlmanager.core.secrets import Header, split_link
from dlmanager.core.urls import normalise_url

MAX_RETRIES = 1000


def check_order(
    url: str,
    target_directory: str | os.PathLike[str],
    filename: str | None = None,
    *,
    max_retries: int,
    paused: bool = False,
    headers: Sequence[Header] = (),
    checksum: Checksum | None = None,
    mirrors: Sequence[str] = (),
    expected_bytes: int | None = None,
    priority: Priority = Priority.NORMAL,
) -> NewJob:
    """Make an order of what was given; its secrets are no part of its link any more.

    headers: as `core.secrets.parse_header` returns them. checksum: what the file shall hash to.
    mirrors: further links to the same file. expected_bytes: the size that it is said to have.

    Raises InvalidUrl, InvalidFolder, InvalidName or BadInput with one plain sentence.
    """
    return order_to(
        check_folder(target_directory),
        url,
        filename,
        max_retries=max_retries,
        paused=paused,
        headers=headers,
        checksum=checksum,
        mirrors=mirrors,
        expected_bytes=expected_bytes,
        priority=priority,
    )


def order_to(
    folder: str,
    url: str,
    filename: str | None = None,
    *,
    max_retries: int,
    paused: bool = False,
    headers: Sequence[Header] = (),
    checksum: Checksum | None = None,
    mirrors: Sequence[str] = (),
    expected_bytes: int | None = None,
    priority: Priority = Priority.NORMAL,
) -> NewJob:
    """The same with a folder from `check_folder`: for the many links of a list."""
    link, secrets = split_link(normalise_url(url))
    if not -1 <= max_retries <= MAX_RETRIES:
        raise BadInput(
            f"The number of retries is 0 to {MAX_RETRIES}, or -1 to try until it succeeds."
        )
    parted = [split_link(normalise_url(each)) for each in mirrors]
    if parted:
        check_mirrors([link, *(each for each, _ in parted)])
    return NewJob(
        url=link,
        target_directory=folder,
        filename=check_filename(filename) if filename else None,
        max_retries=max_retries,
        paused=paused,
        secrets=replace(secrets, headers=tuple(headers)),
        checksum=checksum,
        mirrors=tuple(NewMirror(*each) for each in parted),
        expected_bytes=expected_bytes,
        priority=priority,
    )


def check_folder(target_directory: str | os.PathLike[str]) -> str:
    """The absolute path of a folder that files can be written to; raises InvalidFolder."""
    text = os.fspath(target_directory)
    if not text.strip() or "\0" in text:
        raise InvalidFolder("No folder was given to save to. Choose one.")
    try:
        folder = Path(text).expanduser().absolute()
        exists = folder.exists()
    except (OSError, RuntimeError) as error:  # too long a name; a ~person whom nobody knows
        raise InvalidFolder(f"The folder {text} cannot be found. Choose another.") from error
    if not exists:
        raise InvalidFolder(f"The folder {folder} does not exist. Create it, or choose another.")
    if not folder.is_dir():
        raise InvalidFolder(f"{folder} is not a folder. Choose a folder to save to.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidFolder(f"You may not write to the folder {folder}. Choose another.")
    return os.path.normpath(folder)
