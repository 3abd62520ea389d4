"""How fast a file is hashed, beside sha256sum on the same file in the same run."""

import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path

from dlmanager.core.checksum_kind import ChecksumKind
from dlmanager.engine.hashing import Hashing
from tests.benchmarks.measuring import Failed, Figure, Options, say
from tests.integration.loopback_server import BLOCK_BYTES, Content

TIME_LIMIT = 1 / 0.8
"""The time that a hash may take, by that of sha256sum: 80 % of its speed at least."""
MIB = 1024**2


def measure_hash(options: Options) -> list[Figure]:
    """SHA-256 of one file, in turn by us and by sha256sum; it has been read once before."""
    program = shutil.which("sha256sum")
    if program is None:
        raise Failed("there is no sha256sum to compare with")
    say(f"hash: {options.size} with SHA-256")
    path = options.folder / "hashed.bin"
    content = Content(options.size_bytes)
    with path.open("wb") as file:
        for start in range(0, content.size, BLOCK_BYTES):
            file.write(content.view(start, BLOCK_BYTES))
    _theirs(program, path)
    ours, theirs = [], []
    for _ in range(options.runs):
        ours_digits, ours_s = _ours(path)
        digits, theirs_s = _theirs(program, path)
        if ours_digits != digits:
            raise Failed(f"{ours_digits} is not what sha256sum says: {digits}")
        ours.append(ours_s)
        theirs.append(theirs_s)
    path.unlink()
    ratios = tuple(mine / other for mine, other in zip(ours, theirs, strict=True))
    return [
        Figure("hash: time, by that of sha256sum", "x", ratios, limit=TIME_LIMIT),
        Figure("hash: our speed", "MiB/s", tuple(content.size / MIB / each for each in ours)),
        Figure("hash: its speed", "MiB/s", tuple(content.size / MIB / each for each in theirs)),
    ]


def _ours(path: Path) -> tuple[str | None, float]:
    """The digits, and the seconds: as the engine does it, off the loop's thread."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        began_s = time.perf_counter()
        hashing = Hashing(descriptor, ChecksumKind.SHA256)
        digits = asyncio.run(hashing.run_aside(lambda: None))
        return digits, time.perf_counter() - began_s
    finally:
        os.close(descriptor)


def _theirs(program: str, path: Path) -> tuple[str, float]:
    began_s = time.perf_counter()
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=True)
    return done.stdout.split()[0], time.perf_counter() - began_s
