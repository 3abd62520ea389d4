"""GNU wget as the process of a job, run by QProcess."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QProcess, QProcessEnvironment

from dlmanager.core.errors import WgetUnusable
from dlmanager.core.secrets import Carried
from dlmanager.engine.base_process import BaseProcess
from dlmanager.wget.exit_status import WgetExit
from dlmanager.wget.output import Event, OutputParser

STOP_GRACE_MS = 2000
"""How long wget may take to end by itself before it is killed."""


@dataclass(frozen=True, slots=True)
class Luggage:
    """Secrets for a wget, and how it gets them.

    url: of the job, without secrets. config_path: where wget is told to look for its configuration;
    the file is made for every start. cookies_path: of the same kind, None for none.
    """

    url: str
    carried: Carried
    config_path: Path
    cookies_path: Path | None


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything needed to start one wget.

    program, arguments: as `wget.command.build_command` makes them. environment: all of it,
    nothing is inherited. stdin: what wget reads (the link, so that it is in no process list).
    inherit: a file descriptor that the process shall hold, None for none.
    luggage: see there; None for a download without secrets.
    on_line: told each line that wget says, without progress bars and secrets.
    """

    program: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    working_directory: str
    stdin: bytes
    inherit: int | None = None
    luggage: Luggage | None = None
    on_line: Callable[[str], None] = lambda line: None


class WgetProcess(BaseProcess[WgetExit]):
    """One wget for one job; what it says on stderr goes to `on_event` as it comes.

    on_started: called with the process id once wget runs.
    """

    def __init__(
        self,
        job_id: str,
        launch: Launch,
        *,
        on_event: Callable[[Event], None],
        on_started: Callable[[int], None] = lambda pid: None,
        stop_grace_ms: int = STOP_GRACE_MS,
    ) -> None:
        super().__init__(job_id)
        self._launch = launch
        self._on_event = on_event
        self._on_started = on_started
        self._stop_grace_ms = stop_grace_ms
        self._parser = OutputParser(launch.on_line)
        self._process: QProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return (self._process.processId() or None) if self._process is not None else None

    @property
    def tail(self) -> Sequence[str]:
        """wget's last words, without progress bars and secrets."""
        return self._parser.tail

    async def _run(self) -> WgetExit:
        """Run wget to its end; raises WgetUnusable if it cannot be started."""
        self._parser = OutputParser(self._launch.on_line)
        process = self._process = self._prepare()
        ended: asyncio.Future[WgetExit] = asyncio.get_running_loop().create_future()

        def on_finished(code: int, status: QProcess.ExitStatus) -> None:
            if not ended.done():
                ended.set_result(_wget_exit(code, status))

        def on_error(error: QProcess.ProcessError) -> None:
            # Only FailedToStart comes without finished().
            if error is QProcess.ProcessError.FailedToStart and not ended.done():
                ended.set_exception(
                    WgetUnusable(
                        f"wget could not be started ({process.errorString()}). "
                        "Check the setting wget_executable_path."
                    )
                )

        process.finished.connect(on_finished)
        process.errorOccurred.connect(on_error)
        process.readyReadStandardError.connect(self._read)
        try:
            self._start(process)
            try:
                return await asyncio.shield(ended)
            except asyncio.CancelledError:
                process.kill()
                await asyncio.wait([ended])
                raise
        finally:
            self._read()
            self._tell(self._parser.close())
            self._process = None
            process.deleteLater()

    def _prepare(self) -> QProcess:
        process = QProcess()
        environment = QProcessEnvironment()
        for name, value in self._launch.environment.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setWorkingDirectory(self._launch.working_directory)
        process.setStandardOutputFile(QProcess.nullDevice())
        parameters = QProcess.UnixProcessParameters()
        # A session of its own: Ctrl+C in a terminal reaches us, and we stop wget in good order.
        # Python's ignored signals (SIGPIPE, SIGXFSZ) are not wget's.
        parameters.flags = (
            QProcess.UnixProcessFlag.CreateNewSession
            | QProcess.UnixProcessFlag.ResetSignalHandlers
            | QProcess.UnixProcessFlag.DisableCoreDumps
            # A fork copies the page tables of a whole program, while the window waits.
            | QProcess.UnixProcessFlag.UseVFork
        )
        process.setUnixProcessParameters(parameters)
        process.setProgram(self._launch.program)
        process.setArguments(list(self._launch.arguments))
        return process

    def _start(self, process: QProcess) -> None:
        descriptor = self._launch.inherit
        process.started.connect(lambda: self._on_started(process.processId()))
        if descriptor is not None:
            os.set_inheritable(descriptor, True)
        try:
            process.start()
        finally:
            if descriptor is not None:
                os.set_inheritable(descriptor, False)
        if process.state() is not QProcess.ProcessState.NotRunning:
            process.write(self._launch.stdin)
            process.closeWriteChannel()

    async def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(self._stop_grace_ms / 1000):
                await self._ended.wait()
        except TimeoutError:
            if self._process is not None:
                self._process.kill()

    def _read(self) -> None:
        if self._process is not None:
            self._tell(self._parser.feed(bytes(self._process.readAllStandardError().data())))

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            self._on_event(event)


def _wget_exit(code: int, status: QProcess.ExitStatus) -> WgetExit:
    """What QProcess reports, read rightly: after a crash the "code" is the signal's number."""
    if status is QProcess.ExitStatus.CrashExit:
        return WgetExit(exit_code=None, signal=code)
    return WgetExit(exit_code=code, signal=None)
