"""Hash a file, however large, without keeping anybody else waiting."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dlmanager.core.checksum_kind import ChecksumKind

BLOCK_BYTES = 1024 * 1024
"""Read and hashed at once, without the interpreter's lock; larger ones leave the caches."""
PROGRESS_INTERVAL_S = 0.2


class Hashing:
    """One pass over an open file, whose descriptor stays the caller's.

    kind: how to hash. bytes_done: how far it is; may be read from any thread.
    Raises OSError where the file cannot be read.
    """

    def __init__(self, descriptor: int, kind: ChecksumKind) -> None:
        self._descriptor = descriptor
        self._kind = kind
        self._is_cancelled = False
        self.bytes_done = 0

    def cancel(self) -> None:
        """End the pass within a moment; may be called from any thread."""
        self._is_cancelled = True

    def run(self) -> str | None:
        """Return the hexadecimal digits; None if it was cancelled. Blocks."""
        digest = hashlib.new(self._kind, usedforsecurity=False)
        block = memoryview(bytearray(BLOCK_BYTES))
        while not self._is_cancelled:
            count = os.preadv(self._descriptor, [block], self.bytes_done)
            if count == 0:
                return digest.hexdigest()
            digest.update(block[:count])
            self.bytes_done += count
        return None

    async def run_aside(self, on_progress: Callable[[], None]) -> str | None:
        """The same in a thread of its own; on_progress is called now and then until it ends.

        Of its own, as it may take minutes, and the few workers are for what takes a moment.
        """
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="hashing")
        running = loop.run_in_executor(thread, self.run)
        thread.shutdown(wait=False)
        try:
            while not running.done():
                await asyncio.wait([running], timeout=PROGRESS_INTERVAL_S)
                on_progress()
        finally:
            # Whoever gives up waiting must find the descriptor unused.
            self.cancel()
            await asyncio.wait([running])
        return running.result()
