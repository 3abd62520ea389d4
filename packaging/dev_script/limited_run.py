"""Running a command that may hang."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

KILL_AFTER_S = 10
TIMED_OUT = 124  # what timeout(1) returns


def run_limited(
    command: Sequence[str], *, folder: Path, environ: Mapping[str, str], limit_s: float
) -> int:
    """Run a command and give its exit status, or 124 if it had to be ended after limit_s.

    At the limit it gets SIGABRT first (a Python with faulthandler then says where each thread
    stands), and after a grace of ten seconds SIGKILL, its children as well.
    """
    # At a terminal the command stays in our group, or a debugger in it could not read a key.
    own_group = not sys.stdin.isatty()
    previous = signal.signal(signal.SIGTERM, _exit_on_signal)
    process = subprocess.Popen(command, cwd=folder, env=environ, start_new_session=own_group)
    try:
        return _status(process.wait(limit_s))
    except subprocess.TimeoutExpired:
        print(f"Ended: still running after {limit_s:g} seconds.", file=sys.stderr, flush=True)
        _send(process, signal.SIGABRT, own_group=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(KILL_AFTER_S)
        return TIMED_OUT
    except KeyboardInterrupt:
        if own_group:  # else the terminal has told it already, and twice would cut its report off
            _send(process, signal.SIGINT, own_group=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(KILL_AFTER_S)
        return 128 + signal.SIGINT
    finally:
        _send(process, signal.SIGKILL, own_group=own_group)
        process.wait()
        signal.signal(signal.SIGTERM, previous)


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _status(code: int) -> int:
    return 128 - code if code < 0 else code


def _send(process: subprocess.Popen[bytes], number: int, *, own_group: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if own_group:
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.send_signal(number)
