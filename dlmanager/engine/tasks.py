"""Coroutines started from where nobody waits for them."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Keeps background tasks alive, and logs the errors of those that fail."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine in the background."""
        self.keep(asyncio.ensure_future(coroutine))

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Care for a task that runs already, and that whoever started it may cancel."""
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    async def settle(self) -> None:
        """Wait until every background task has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._logger.error("a background task failed", exc_info=error)
