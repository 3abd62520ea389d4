"""Hashing beside the event loop: every kind, blocks and their edges, an end at any time."""

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlmanager.core.checksum_kind import ChecksumKind
from dlmanager.engine.hashing import BLOCK_BYTES, Hashing

HUGE_BYTES = 64 * 1024**3
"""More than any machine hashes while a test goes on; sparse, it takes no room."""


@pytest.fixture
def huge(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "huge"
    path.touch()
    os.truncate(path, HUGE_BYTES)
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("kind", list(ChecksumKind), ids=str)
@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES, 2 * BLOCK_BYTES + 7], ids=str)
def test_it_is_what_hashlib_makes_of_all_bytes(tmp_path: Path, kind: ChecksumKind, size: int):
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    with (tmp_path / "file").open("rb") as file:
        hashing = Hashing(file.fileno(), kind)
        assert hashing.run() == hashlib.new(kind, content).hexdigest()
        assert hashing.bytes_done == size
        assert file.tell() == 0  # others may use the same descriptor meanwhile


def test_it_goes_on_aside_and_tells_how_far_it_is(run, huge: int):
    seen: list[int] = []

    async def scenario() -> str | None:
        hashing = Hashing(huge, ChecksumKind.MD5)

        def on_progress() -> None:
            seen.append(hashing.bytes_done)
            if len(seen) == 3:
                hashing.cancel()

        return await hashing.run_aside(on_progress)

    assert run(scenario()) is None
    assert 0 < seen[0] < seen[1] < seen[2] < HUGE_BYTES
    assert seen == sorted(seen)
    for each in threading.enumerate():
        if each.name.startswith("hashing"):
            each.join(timeout=10)  # it has no more to do, but may not be gone yet
            assert not each.is_alive()


def test_whoever_gives_up_waiting_finds_the_file_unused(run, huge: int):
    hashing = Hashing(huge, ChecksumKind.SHA256)

    async def scenario() -> None:
        task = asyncio.ensure_future(hashing.run_aside(lambda: None))
        while not hashing.bytes_done:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario())
    done = hashing.bytes_done
    assert done < HUGE_BYTES
    assert hashing.run() is None
    assert hashing.bytes_done == done


def test_what_cannot_be_read_is_an_error(run, tmp_path: Path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(IsADirectoryError):
            run(Hashing(descriptor, ChecksumKind.MD5).run_aside(lambda: None))
    finally:
        os.close(descriptor)
