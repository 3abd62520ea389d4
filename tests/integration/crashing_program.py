"""The program, killed by its own hand at a named point of its work: SIGKILL, as `kill -9` sends it.

Nothing of this is in the product: the points are laid around its functions from here.

python -m tests.integration.crashing_program reads orders from stdin, one JSON object a line
({"arguments": [...], "point": NAME or null}), runs each as `dlmanager ARGUMENTS` in a fork of its
own, and answers on stdout with the exit status (-9: killed at the point). Forks, because a start
from nothing takes longer than all that a test wants to see.
"""

import contextlib
import functools
import inspect
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from PySide6.QtCore import QCoreApplication  # noqa: F401 - imported before the forks, for all

from dlmanager import app, cli  # noqa: F401 - app: imported before the forks, for all
from dlmanager.core.job import Phase, Wish
from dlmanager.engine import database_keeper, orchestrator, part_file, sweep
from dlmanager.engine.attempt import Attempt
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.part_file import PartFile
from dlmanager.engine.transfer import Transfer
from dlmanager.engine.wget_process import WgetProcess
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil

Owner = type | ModuleType
Install = Callable[[], None]


def die() -> NoReturn:
    """End at once, as if by `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def before(owner: Owner, name: str) -> Install:
    """Die when a function is called."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: die()

    return lambda: _replace(owner, name, wrap)


def after(owner: Owner, name: str, noted: str | None = None, value: object = any) -> Install:
    """Die when a function has returned.

    noted: only if it was given facts that name this column (with this value, if one is given).
    """

    def is_meant(args: tuple[Any, ...]) -> bool:
        if noted is None:
            return True
        facts = args[-1]
        return noted in facts and value in (any, facts[noted])

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if is_meant(args):
                die()
            return result

        @functools.wraps(original)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            result = await original(*args, **kwargs)
            if is_meant(args):
                die()
            return result

        return call_async if inspect.iscoroutinefunction(original) else call

    return lambda: _replace(owner, name, wrap)


def inside(outer: str, inner: str, owner: Owner = JobStore) -> Install:
    """Die in a function when it calls a method of JobStore: its transaction is open."""
    is_inside = False

    def wrap_outer(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal is_inside
            is_inside = True
            try:
                return original(*args, **kwargs)
            finally:
                is_inside = False

        return call

    def wrap_inner(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: die() if is_inside else original(*args, **kwargs)

    def install() -> None:
        _replace(owner, outer, wrap_outer)
        _replace(JobStore, inner, wrap_inner)

    return install


def cancelled_while_it_publishes() -> None:
    """Have the job cancelled from elsewhere at the last moment, and die once it is published."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def publish(part: PartFile, final_path: Path) -> NoReturn:
            store = JobStore(_database)
            fulfil(store, Wish.CANCEL, [job.id for job in store.list_jobs()], 1)
            store.close()
            original(part, final_path)
            die()

        return publish

    _replace(PartFile, "publish", wrap)


def wish_granted() -> None:
    """Die when a wish is committed, whoever asked for it."""
    after(orchestrator, "fulfil")()
    after(cli, "fulfil")()


def _replace(
    owner: Owner, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    is_bound = isinstance(inspect.getattr_static(owner, name), classmethod)
    wrapped = wrap(getattr(owner, name))
    setattr(owner, name, staticmethod(wrapped) if is_bound else wrapped)


POINTS: dict[str, Install] = {
    # Adding
    "adding, before the commit": inside("add", "by_id"),
    "added, nobody told": after(JobStore, "add"),
    # Starting
    "queue locked": after(FileLock, "acquire"),
    "doubting the parts": before(database_keeper, "doubt_parts"),
    "queue opened": after(JobStore, "list_jobs"),
    "claiming, before the commit": inside("claim", "by_id"),
    "claimed": after(JobStore, "claim"),
    "job locked": after(Attempt, "_take_lock"),
    "part made": after(PartFile, "create"),
    "part noted": after(JobStore, "record", "part_inode"),
    "overlap cut": after(PartFile, "cut_overlap"),
    "offset noted": after(JobStore, "record", "unproven_from"),
    # Transferring
    "wget started": after(WgetProcess, "_start"),
    "wget noted": after(JobStore, "record", "pid"),
    "answer noted": after(JobStore, "record", "http_status"),
    "progress written": after(JobStore, "write_progress"),
    "wget ended": after(WgetProcess, "run"),
    "part settled": after(Transfer, "_settle_part"),
    "part cleared": after(PartFile, "clear"),
    "start over noted": after(JobStore, "record", "bytes_done", 0),
    "probing": after(JobStore, "record", "phase", Phase.VERIFYING),
    "judged": after(Transfer, "_judge"),
    # Publishing
    "syncing": before(PartFile, "sync"),
    "synced": after(PartFile, "sync"),
    "finalising noted": after(JobStore, "record", "phase", Phase.FINALISING),
    "linked": after(os, "link"),
    "moved": after(part_file, "_move_without_overwriting"),
    "folder synced": after(part_file, "_sync_folder"),
    "published": after(PartFile, "publish"),
    "attempt closed": after(Attempt, "close"),
    "ending, before the commit": inside("finish", "get"),
    "ended": after(JobStore, "finish"),
    # Cancelling
    "published, though cancelled": cancelled_while_it_publishes,
    "wish granted": wish_granted,
    "part discarded": after(PartFile, "discard"),
    "forgetting the part": inside("forget_part", "get"),
    "part forgotten": after(JobStore, "forget_part"),
    # Sweeping
    "orphan ended": after(sweep, "end_orphan"),
    "part's name dropped": after(sweep, "_drop_part_name"),
    "requeuing, before the commit": inside("requeue_crashed", "finish", sweep),
    "requeued": after(sweep, "requeue_crashed"),
    "left parts listed": after(JobStore, "left_parts"),
    "locks discarded": after(sweep, "discard_free_locks"),
    "swept": after(JobStore, "purge_removed"),
}


def main() -> int:
    """Serve orders until stdin ends."""
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(order["arguments"], order["point"])
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201
    return 0


_database = Path()


def _live(arguments: list[str], point: str | None) -> NoReturn:
    """Be the program, from here to its end."""
    global _database
    status = 70
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(silence, descriptor)
        os.close(silence)
        if point is not None:
            _database = Path(arguments[1]) / "queue.db"
            POINTS[point]()
        status = cli.run(arguments)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


class CrashingProgram:
    """Runs the program on a data folder, and lets it die where it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, data_dir: Path, *arguments: str, point: str | None = None) -> int:
        """Run to the end or the death; returns the exit status, -9 after a death."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"arguments": ["--data-dir", str(data_dir), *arguments], "point": point}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextlib.contextmanager
def crashing_program(environment: dict[str, str]) -> Iterator[CrashingProgram]:
    """Keep a process ready that the program is forked from."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.crashing_program"],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield CrashingProgram(process)
        assert process.stdin is not None
        process.stdin.close()


if __name__ == "__main__":
    sys.exit(main())
