"""The program as it is wired, with a probe on its event loop: runs in a process of its own.

python -m tests.benchmarks.probed_program SCENARIO DATA_DIR RESULT, as `measuring.probed` starts it.
The orchestrator that it asks for is watched; when the scenario is over, the program gets
SIGTERM and ends as it always does.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer

from dlmanager import app, window_app
from dlmanager.core.job import Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.core.settings import Settings
from dlmanager.engine.network_care import SystemNetwork
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.paths import Paths, profile_paths

PROBE_INTERVAL_S = 0.005
DOWNLOADS = 20
ROWS = 10_000
ACTIVE_ROWS = 50
UPDATE_INTERVAL_S = 0.2
OBSERVED_S = 10.0
IDLE_S = 5.0
SETTLE_S = 2.0
_READY_TIMEOUT_S = 30

Result = dict[str, Any]
Scenario = Callable[[DownloadQueueOrchestrator], Coroutine[Any, Any, Result]]


class LoopProbe(QObject):
    """Wants to run every 5 ms, and notes how late each of these moments was served.

    A blocked loop serves many moments late with one wake-up; each of them counts, so that a
    percentile is one of the time and not of the wake-ups. Up to 5 ms are the timer's own: Qt
    leaves out a tick that it is late for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._delays_ms: list[float] = []
        self._own_delays_ms: list[float] = []
        self._timer = QTimer(self, interval=round(PROBE_INTERVAL_S * 1000))
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timeout)
        self._due_at_s = self._began_s = self._began_cpu_s = 0.0
        self._waited_ms = 0.0
        self._schedstat = os.open(
            f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY | os.O_CLOEXEC
        )

    async def watch(self, seconds: float) -> Result:
        """Observe the loop for a while.

        Returns delays_ms, own_delays_ms (less the time in which this thread was ready and the
        machine had no CPU for it), cpu_share (of all threads of this process).
        """
        self.begin()
        await asyncio.sleep(seconds)
        return self.end()

    def begin(self) -> None:
        """Begin to observe the loop."""
        self._began_s, self._began_cpu_s = time.perf_counter(), time.process_time()
        self._waited_ms = self._read_waited_ms()
        self._due_at_s = self._began_s + PROBE_INTERVAL_S
        self._timer.start()

    def end(self) -> Result:
        """Observe no more; returns what `watch` returns."""
        self._timer.stop()
        os.close(self._schedstat)
        observed_s = time.perf_counter() - self._began_s
        return {
            "delays_ms": self._delays_ms,
            "own_delays_ms": self._own_delays_ms,
            "cpu_share": (time.process_time() - self._began_cpu_s) / observed_s,
        }

    def _on_timeout(self) -> None:
        now_s = time.perf_counter()
        before_ms, self._waited_ms = self._waited_ms, self._read_waited_ms()
        while self._due_at_s <= now_s:
            delay_ms = (now_s - self._due_at_s) * 1000
            self._delays_ms.append(delay_ms)
            self._own_delays_ms.append(max(0.0, delay_ms - (self._waited_ms - before_ms)))
            self._due_at_s += PROBE_INTERVAL_S

    def _read_waited_ms(self) -> float:
        # Linux, Documentation/scheduler/sched-stats: time running, time ready but waiting, in ns.
        return int(os.pread(self._schedstat, 100, 0).split()[1]) / 1e6


# The scenarios


async def observe_downloads(orchestrator: DownloadQueueOrchestrator) -> Result:
    """Watch the loop once all downloads bring bytes."""
    running: set[str] = set()
    all_run = asyncio.Event()

    def on_progressed(progress: list[JobProgress]) -> None:
        running.update(each.job_id for each in progress if each.phase is Phase.DOWNLOADING)
        if len(running) == DOWNLOADS:
            all_run.set()

    orchestrator.progressed.connect(on_progressed)
    await asyncio.wait_for(all_run.wait(), _READY_TIMEOUT_S)
    orchestrator.progressed.disconnect(on_progressed)
    await asyncio.sleep(SETTLE_S)
    return await LoopProbe().watch(OBSERVED_S)


def watch_paint() -> Scenario:
    """Note when the table with its rows is first painted, and end."""
    from dlmanager.gui.job_table_view import JobTableView

    painted = asyncio.Event()
    painted_at = 0.0
    paint = JobTableView.paintEvent

    def paint_and_tell(view: JobTableView, event: Any) -> None:
        nonlocal painted_at
        paint(view, event)
        if not painted.is_set() and view.model().rowCount() == ROWS:
            painted_at = time.time()
            painted.set()

    JobTableView.paintEvent = paint_and_tell  # type: ignore[assignment, method-assign]

    async def observe(orchestrator: DownloadQueueOrchestrator) -> Result:
        await asyncio.wait_for(painted.wait(), _READY_TIMEOUT_S)
        return {"painted_at": painted_at}

    return observe


def watch_rows() -> Scenario:
    """Note what it takes the table with its rows to sit and to move."""
    see_paint = watch_paint()

    async def observe(orchestrator: DownloadQueueOrchestrator) -> Result:
        await see_paint(orchestrator)
        await asyncio.sleep(SETTLE_S)
        cpu_s = time.process_time()
        await asyncio.sleep(IDLE_S)
        idle_share = (time.process_time() - cpu_s) / IDLE_S
        _sort_and_filter()
        movement = asyncio.ensure_future(_move_rows(orchestrator))
        await asyncio.sleep(SETTLE_S)
        found = await LoopProbe().watch(OBSERVED_S)
        movement.cancel()
        return {**found, "idle_share": idle_share}

    return observe


def _sort_and_filter() -> None:
    """Order the list by a column that moves, and narrow it to most of its rows."""
    from PySide6.QtWidgets import QApplication

    from dlmanager.gui.job_row import Column
    from dlmanager.gui.list_pane import ListPane

    (pane,) = [each for each in QApplication.allWidgets() if isinstance(each, ListPane)]
    pane.table.sortByColumn(Column.SPEED, Qt.SortOrder.DescendingOrder)
    pane.search("file")


async def _move_rows(orchestrator: DownloadQueueOrchestrator) -> None:
    """Let the newest jobs look as if they were being downloaded, for the window alone.

    Their speeds waver, so that the order by speed changes all the time.
    """
    from random import Random  # here, as the program starts without it

    total = 1_000_000_000
    jobs = [
        job._replace(status=Status.PROCESSING, phase=Phase.DOWNLOADING, bytes_total=total)
        for job in (await orchestrator.list_jobs())[-ACTIVE_ROWS:]
    ]
    orchestrator.jobs_changed.emit(jobs)
    done = 0
    chance = Random(1)

    def speeds() -> list[float]:
        return [chance.uniform(0.5e6, 2e6) for _ in jobs]

    while True:
        done = (done + 1_234_567) % total
        orchestrator.progressed.emit(
            [
                JobProgress(job.id, job.attempt, Phase.DOWNLOADING, done, total, speed_bytes_s)
                for job, speed_bytes_s in zip(jobs, speeds(), strict=True)
            ]
        )
        await asyncio.sleep(UPDATE_INTERVAL_S)


async def observe_bare_loop() -> Result:
    """Watch a loop that has nothing to do: what the machine alone makes late."""
    return await LoopProbe().watch(OBSERVED_S / 2)


# The process


def main(arguments: list[str]) -> int:
    """Run one scenario and write what it found as JSON."""
    scenario, data_dir, result = arguments
    paths = profile_paths(data_dir)
    if scenario == "bare":
        _run_bare(Path(result))
    elif scenario == "headless":
        _watch_orchestrator(observe_downloads, Path(result))
        app.run_headless(paths, until_idle=False)
    elif scenario == "window":
        _watch_orchestrator(observe_downloads, Path(result))
        window_app.run_window(paths, [])
    elif scenario in ("paint", "rows"):
        watch = watch_paint if scenario == "paint" else watch_rows
        _watch_orchestrator(watch(), Path(result))
        window_app.run_window(paths, [])
    else:
        raise ValueError(f"no scenario {scenario!r}")
    return 0 if Path(result).exists() else 1


def _watch_orchestrator(observe: Scenario, result: Path) -> None:
    """Have the scenario run beside the orchestrator that the program makes."""
    make = app.make_orchestrator
    tasks = []

    async def observe_and_end(orchestrator: DownloadQueueOrchestrator) -> None:
        try:
            result.write_text(json.dumps(await observe(orchestrator)))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def make_watched(
        paths: Paths, settings: Settings, system_network: SystemNetwork | None = None
    ) -> DownloadQueueOrchestrator:
        orchestrator = make(paths, settings, system_network)
        tasks.append(asyncio.ensure_future(observe_and_end(orchestrator)))
        return orchestrator

    for module in (app, window_app):
        module.make_orchestrator = make_watched


def _run_bare(result: Path) -> None:
    from qasync import QEventLoop

    application = QCoreApplication(["bare"])
    with asyncio.Runner(loop_factory=lambda: QEventLoop(application)) as runner:
        result.write_text(json.dumps(runner.run(observe_bare_loop())))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
