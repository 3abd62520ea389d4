"""The log of the program: what we say, what Qt says, when a life began, and what ended it."""

import contextlib
import faulthandler
import logging
import logging.handlers
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from dlmanager import __version__
from dlmanager.core.errors import DlmanagerError, Surroundings, may_pass
from dlmanager.paths import Paths

LOG_BYTES = 1_000_000
LOG_FILES = 3

_logger = logging.getLogger("dlmanager")


def start_logging(paths: Paths) -> None:
    """Log to the profile's file, Qt's messages, uncaught errors and crashes included.

    Where the disk is full or read-only, from when on it is not. Raises Surroundings if the file
    cannot be written for another reason.
    """
    handler = _PrivateLog(
        paths.log, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
    )
    try:
        handler.begin()
    except OSError as error:
        if not may_pass(error):
            raise Surroundings(
                f"The folder {paths.log.parent} cannot be written ({error.strerror}). "
                "Check its permissions, or choose another data folder."
            ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    qInstallMessageHandler(_on_qt_message)
    sys.excepthook = _on_uncaught


class _PrivateLog(logging.handlers.RotatingFileHandler):
    """A log that nobody else can read, the files of its rotation included; crashes go there too."""

    _crash_descriptor: int | None = None

    def begin(self) -> None:
        """Open the file, made with its folder when missing. Raises OSError; the next line tries."""
        self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        # What the disk does not take is not for the terminal, where its trouble is told once.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)

        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        file = open(self.baseFilename, self.mode, encoding=self.encoding, opener=opener)  # noqa: SIM115 (closed by the handler)
        assert isinstance(file, TextIOWrapper)
        # A descriptor of its own: the file is closed by a rotation, and at the end before Qt's
        # objects are torn down, and its number may then be that of another file.
        former, self._crash_descriptor = self._crash_descriptor, os.dup(file.fileno())
        faulthandler.enable(self._crash_descriptor)
        if former is not None:
            os.close(former)
        return file


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }
    logging.getLogger("qt").log(levels.get(kind, logging.ERROR), "%s", message)


def _on_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    _logger.critical("uncaught error", exc_info=(kind, error, traceback))
    sys.__excepthook__(kind, error, traceback)


class Life:
    """What is known of the end of a window or a run."""

    reason = "unknown"


@contextlib.contextmanager
def life_in_log(what: str, paths: Paths) -> Iterator[Life]:
    """Frame a life with two lines in the log; the first one alone tells of a sudden end."""
    life = Life()
    folder = paths.database.parent
    _logger.info(
        "%s started: dlmanager %s, pid %d, data in %s", what, __version__, os.getpid(), folder
    )
    try:
        yield life
    except BaseException as error:
        is_known = isinstance(error, DlmanagerError)
        life.reason = f"error: {error}" if is_known else f"uncaught {type(error).__name__}"
        raise
    finally:
        _logger.info("%s ended: %s", what, life.reason)
