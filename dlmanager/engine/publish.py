"""Give a complete part its final name: what an attempt does at its end, and the sweep again."""

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from dlmanager.engine.part_file import PartFile, free_final_paths


async def publish(
    part: PartFile, folder: Path, name: str, record: Callable[[Path], Awaitable[None]]
) -> Path:
    """Publish a part as `name`, or `name (1)` ... where that is taken; returns the final path.

    record: commits the path to the job's row before each try, so that a crash in between can be
    told from one before or after. Raises OSError, PartReplaced, and what `record` raises.
    """
    # Before the row says FINALISING: after a power cut the sweep trusts such a part by its size.
    await asyncio.to_thread(part.sync)
    for path in free_final_paths(folder, name):
        await record(path)
        try:
            await asyncio.to_thread(part.publish, path)
        except FileExistsError:
            continue  # somebody took the name since we looked
        return path
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder / name))


def completed_facts(path: Path, now_ms: int) -> dict[str, Any]:
    """What a row holds once its file is published at `path`."""
    return {
        "filename": path.name,
        "final_path": str(path),
        "progress_percent": 100,
        "progress_summary": None,
        "finished_at": now_ms,
        "part_path": None,
        "part_device": None,
        "part_inode": None,
    }
