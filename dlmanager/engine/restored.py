"""After a restore: what the disk knows of the jobs that the backup does not, and lost parts."""

import asyncio
import logging
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlmanager.core.job import UNFINISHED, Job, Status, Verification
from dlmanager.engine.publish import completed_facts
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import follow_disk
from dlmanager.store.store_thread import StoreThread

_PART_NAME = re.compile(r"\.[0-9a-f]{8}(?: \(\d+\))?\.part$")
_OPEN_STATES = UNFINISHED | {Status.PAUSED, Status.FAILED}
_IN_QUESTION = (
    "The queue was restored from a backup, and a file of this name is there already. "
    "Choose Resume to download it once more, or remove it from the list."
)
_NAMES_TOLD = 3


@dataclass(slots=True)
class _Found:
    complete: dict[str, dict[str, Any]] = field(default_factory=dict)
    in_question: dict[str, str] = field(default_factory=dict)


async def settle_restored(store: StoreThread, now_ms: int, logger: logging.Logger) -> None:
    """Complete the jobs whose file was finished after the backup was made; nothing comes twice.

    A job is complete if its very part has become a file of the full size. One that would fetch
    a file which stands there already, as far as anybody can tell, is paused. Can be repeated.
    """
    jobs = [job for job in await store.run(JobStore.list_jobs) if job.status in _OPEN_STATES]
    found = await asyncio.to_thread(_look_for_files, jobs, now_ms)
    changed = await store.run(follow_disk, found.complete, found.in_question, now_ms)
    for job in changed:
        logger.warning("job %s: %s after the restore of a backup", job.id, job.status)


def _look_for_files(jobs: Sequence[Job], now_ms: int) -> _Found:
    found = _Found()
    files = {folder: _files_by_inode(folder) for folder in {job.target_directory for job in jobs}}
    for job in jobs:
        path = files[job.target_directory].get(job.part_inode or 0)
        if path is not None and _is_complete(path, job):
            found.complete[job.id] = {
                **completed_facts(path, now_ms),
                "bytes_done": job.bytes_total,
                "verification": Verification.SIZE,
            }
        elif job.status in UNFINISHED and _stands_there(job):
            found.in_question[job.id] = _IN_QUESTION
    return found


def _files_by_inode(folder: str) -> dict[int, Path]:
    try:
        with os.scandir(folder) as entries:
            return {
                entry.inode(): Path(entry.path)
                for entry in entries
                if not entry.name.endswith(".part") and entry.is_file(follow_symlinks=False)
            }
    except OSError:
        return {}


def _is_complete(path: Path, job: Job) -> bool:
    """Whether a file with the inode of a job's part is that part, complete.

    The inode of a part that was thrown away may be another file's by now; with the same size, to
    the byte, it is not.
    """
    try:
        facts = path.lstat()
    except OSError:
        return False
    return facts.st_dev == job.part_device and facts.st_size == job.bytes_total


def _stands_there(job: Job) -> bool:
    """Whether a job has no part on the disk, but its file's name is taken."""
    if job.part_path is not None and os.path.lexists(job.part_path):
        return False
    return os.path.lexists(Path(job.target_directory) / job.display_name)


async def lost_parts(store: StoreThread, more_folders: Iterable[str] = ()) -> list[Path]:
    """The parts in the folders of the queue that no row names."""
    folders, named = await store.run(JobStore.folders_and_parts)
    return await asyncio.to_thread(_unnamed_parts, folders | set(more_folders), named)


def _unnamed_parts(folders: Iterable[str], named: set[str]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        try:
            names = os.listdir(folder)  # noqa: PTH208
        except OSError:
            continue
        paths = [Path(folder) / name for name in names if _PART_NAME.search(name)]
        found += [path for path in paths if str(path) not in named]
    return sorted(found)


def lost_parts_sentence(paths: Sequence[Path]) -> str:
    """Tell people of parts that belong to no download of the queue."""
    names = ", ".join(str(path) for path in paths[:_NAMES_TOLD])
    more = f" and {len(paths) - _NAMES_TOLD} more" if len(paths) > _NAMES_TOLD else ""
    if len(paths) == 1:
        return f"A partial file belongs to no download: {names}. Delete it if you do not need it."
    return (
        f"{len(paths)} partial files belong to no download: {names}{more}. "
        "Delete those that you do not need."
    )
