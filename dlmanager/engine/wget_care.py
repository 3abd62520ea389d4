"""Whether wget can be used: found out at the start, and again and again while it cannot."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from dlmanager import __version__
from dlmanager.core.errors import WgetUnusable
from dlmanager.engine.tasks import Tasks
from dlmanager.engine.wget_check import SEARCH_PATH, check_wget, find_setpriv, find_wget

CHECK_INTERVAL_MS = 5000


@dataclass(frozen=True, slots=True)
class WgetSetup:
    """How wget is run here. home: an empty folder of ours, also its working directory."""

    wget_path: str
    setpriv_path: str | None
    search_path: str
    home: Path
    user_agent: str


class WgetCare(QObject):
    """Keeps how wget is run here, or why it cannot be.

    wget_path: None for the first wget on PATH. home: a folder of ours; made when missing.

    Signals:
        changed(): wget can be used, or cannot any more; see `setup` and `problem`.
    """

    changed = Signal()

    def __init__(
        self,
        wget_path: str | None,
        home: Path,
        tasks: Tasks,
        logger: logging.Logger,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._path = wget_path
        self._home = home
        self._logger = logger
        self._setup: WgetSetup | None = None
        self._problem: str | None = None
        self._is_stopped = True
        self._timer = QTimer(self, interval=CHECK_INTERVAL_MS)
        self._timer.timeout.connect(self.begin_check)
        self._tasks = tasks
        self._check: asyncio.Task[None] | None = None

    @property
    def setup(self) -> WgetSetup | None:
        """How wget is run; None while it cannot be used."""
        return self._setup

    @property
    def problem(self) -> str | None:
        """Why wget cannot be used, in one sentence; None while it can."""
        return self._problem

    def start(self) -> None:
        """From now on, while wget cannot be used, look again now and then."""
        self._is_stopped = False

    def stop(self) -> None:
        """Look no more."""
        self._is_stopped = True
        self._timer.stop()
        if self._check is not None:
            self._check.cancel()

    def use(self, wget_path: str | None) -> None:
        """Look for another wget; downloads that run go on with theirs."""
        if wget_path == self._path:
            return
        self._path = wget_path
        self._setup = None
        if self._check is not None:
            self._check.cancel()
            self._check = None
        if not self._is_stopped:
            self.begin_check()

    def begin_check(self) -> None:
        """Check wget beside everything else; one check at a time, as one that hangs takes long."""
        if self._check is None or self._check.done():
            self._check = asyncio.ensure_future(self.check())
            self._tasks.keep(self._check)

    def note_failure(self, problem: str) -> None:
        """Note that wget could not be started."""
        self._setup = None
        self._set_problem(problem)

    async def check(self) -> None:
        """Find out whether wget can be used, unless that is known."""
        if self._setup is not None:
            return
        try:
            wget_path = find_wget(self._path)
            version = await check_wget(wget_path)
            self._home.mkdir(mode=0o700, exist_ok=True)
        except WgetUnusable as error:
            self._set_problem(str(error))
            return
        except OSError as error:
            self._set_problem(f"The folder {self._home} cannot be made ({error.strerror}).")
            return
        self._logger.info("using %s, version %s", wget_path, version)
        self._setup = WgetSetup(
            wget_path=wget_path,
            setpriv_path=find_setpriv(),
            search_path=SEARCH_PATH,
            home=self._home,
            user_agent=f"dlmanager/{__version__}",
        )
        self._timer.stop()
        self._set_problem(None)

    def _set_problem(self, problem: str | None) -> None:
        self._problem = problem
        if problem is not None and not self._is_stopped:
            self._timer.start()
        self.changed.emit()
