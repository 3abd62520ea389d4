"""The event loop of the program, Qt's and asyncio's in one, and the signals that end it."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QCoreApplication

from dlmanager.garbage import MainThreadCollector

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextlib.contextmanager
def event_loop(application: QCoreApplication) -> Iterator[asyncio.Runner]:
    """One loop for Qt and asyncio; blocking calls go to a few threads of our own."""
    from qasync import QEventLoop

    MainThreadCollector(application)
    with asyncio.Runner(loop_factory=lambda: QEventLoop(application)) as runner:
        runner.get_loop().set_default_executor(ThreadPoolExecutor(4, thread_name_prefix="worker"))
        yield runner


@contextlib.contextmanager
def stop_signals(caught: asyncio.Future[Any]) -> Iterator[None]:
    """Resolve a future with the number of the signal that asks us to end."""
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        if not caught.done():
            caught.set_result(number)

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)


def signal_name(ended: asyncio.Future[int]) -> str | None:
    """The signal that a future of `stop_signals` was resolved with; None for anything else."""
    number = ended.result() if ended.done() else 0
    return f"signal {signal.Signals(number).name}" if number else None
