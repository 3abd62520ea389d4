"""Find wget and setpriv on this machine, and make sure that wget is one we can work with."""

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path

from PySide6.QtCore import QProcess, QProcessEnvironment

from dlmanager.core.errors import WgetUnusable
from dlmanager.wget.command import build_environment
from dlmanager.wget.version import WgetVersion, check_version_output

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
CHECK_TIMEOUT_S = 10


def find_wget(wget_executable_path: str | None) -> str:
    """The absolute path of wget: the one that was set, else the first on PATH.

    Raises WgetUnusable if there is none or it cannot be executed.
    """
    if wget_executable_path:
        try:
            path = Path(wget_executable_path).expanduser()
            is_there = path.is_file()
        except (OSError, RuntimeError, ValueError):  # too long, an unknown ~person, a NUL
            is_there = False
        if not is_there:
            raise WgetUnusable(
                f"wget was not found at {wget_executable_path}. "
                "Install it there, or correct the setting wget_executable_path and start again."
            )
        if not os.access(path, os.X_OK):
            raise WgetUnusable(
                f"{path} may not be executed. "
                "Correct its permissions, or the setting wget_executable_path and start again."
            )
        return str(path.absolute())
    found = shutil.which("wget")
    if found is None:
        raise WgetUnusable(
            "wget was not found on this computer. Install it (for example: apt install wget), "
            "or set wget_executable_path."
        )
    return str(Path(found).absolute())


def find_setpriv() -> str | None:
    """The path of util-linux's setpriv, which ends wget together with us; None without it."""
    return shutil.which("setpriv")


async def check_wget(wget_path: str) -> WgetVersion:
    """Ask wget for its version; raises WgetUnusable if it is not a GNU wget we can work with."""
    output = await _output(wget_path, ["--version"])
    return check_version_output(output, wget_path)


async def _output(program: str, arguments: list[str]) -> str:
    """What a short program prints, stdout and stderr; raises WgetUnusable if it will not run."""
    process = QProcess()
    environment = QProcessEnvironment()
    for name, value in build_environment("/", SEARCH_PATH).items():
        environment.insert(name, value)
    process.setProcessEnvironment(environment)
    process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
    process.setStandardInputFile(QProcess.nullDevice())
    # A session of its own, to be ended with all that it started.
    parameters = QProcess.UnixProcessParameters()
    parameters.flags = QProcess.UnixProcessFlag.CreateNewSession
    process.setUnixProcessParameters(parameters)
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    failure = WgetUnusable(
        f"{program} does not run as GNU wget should. "
        "Install GNU wget, or correct the setting wget_executable_path."
    )

    def end(failed: bool) -> None:
        if not ended.done():
            if failed:
                ended.set_exception(failure)
            else:
                ended.set_result(None)

    process.finished.connect(lambda code, status: end(failed=False))
    process.errorOccurred.connect(
        lambda error: end(failed=True) if error is QProcess.ProcessError.FailedToStart else None
    )
    process.start(program, arguments)
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await asyncio.shield(ended)
    except TimeoutError:
        raise failure from None
    finally:
        if not ended.done():
            if pid := process.processId():
                with contextlib.suppress(ProcessLookupError):  # its session is not made yet
                    os.killpg(pid, signal.SIGKILL)
            process.kill()
            await asyncio.wait([ended])
        process.deleteLater()
    return bytes(process.readAll().data()).decode("utf-8", "replace")
