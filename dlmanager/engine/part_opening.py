"""Open the part of an attempt: the one that its row knows, or a new one after telling the row."""

import asyncio
import errno
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from dlmanager.core.filenames import part_name
from dlmanager.core.job import Job
from dlmanager.engine.part_file import (
    PartFile,
    PartReplaced,
    discard_announced_part,
    free_final_paths,
)


async def open_part(
    job: Job, record: Callable[[dict[str, Any]], Awaitable[None]], logger: logging.Logger
) -> PartFile:
    """Open a job's part, cut to what is proven; a new one where there is none that can go on.

    record: writes facts to the job's row. Raises OSError, and what `record` raises.
    """
    part = None
    if job.part_inode is not None:
        part = await asyncio.to_thread(_reopen, job, logger)
    elif job.part_path is not None:
        await asyncio.to_thread(discard_announced_part, job)
    return part if part is not None else await _make(job, record)


def _reopen(job: Job, logger: logging.Logger) -> PartFile | None:
    assert job.part_path is not None
    try:
        part = PartFile.reopen(Path(job.part_path), job.part_device, job.part_inode)
    except FileNotFoundError:
        return None
    except PartReplaced:
        logger.warning("job %s: its part was replaced; starting again", job.id)
        return None
    if job.unproven_from is not None:
        part.cut_back(job.unproven_from)
    return part


async def _make(job: Job, record: Callable[[dict[str, Any]], Awaitable[None]]) -> PartFile:
    paths = free_final_paths(Path(job.target_directory), part_name(job.display_name, job.id))
    while (path := await asyncio.to_thread(next, paths, None)) is not None:
        # The row first: after a kill, a part that no row knows of would be left for ever.
        await record({"part_path": str(path), "part_device": None, "part_inode": None})
        try:
            part = await asyncio.to_thread(PartFile.create, path)
        except FileExistsError:
            continue  # somebody took the name since we looked
        try:
            made = {"part_device": part.device, "part_inode": part.inode, "unproven_from": 0}
            await record(made)
        except BaseException:
            await asyncio.to_thread(part.discard)
            raise
        return part
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), job.target_directory)
