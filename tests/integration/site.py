"""A data folder and a download folder of the real program, and what must hold in both."""

import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dlmanager.core.job import Job, NewJob, Status
from dlmanager.store.job_store import JobStore
from tests.integration.loopback_server import Body

ORPHAN_GRACE_S = 1.0


class Site:
    """Where one program works: `data_dir` holds its database, `folder` its downloads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data_dir = root / "data"
        self.folder = root / "downloads"
        self.home = root / "home"
        for folder in (self.data_dir, self.folder, self.home):
            folder.mkdir(mode=0o700)

    @property
    def database(self) -> Path:
        return self.data_dir / "queue.db"

    def set(self, **settings: int | str) -> None:
        """Write the settings that differ from the defaults."""
        lines = [f"{name} = {value!r}\n" for name, value in settings.items()]
        (self.data_dir / "settings.toml").write_text("".join(lines))

    def environment(self) -> dict[str, str]:
        """The environment of the program: nothing of the person's own.

        Coverage is not measured in it: it starts and dies so often that this would take minutes.
        """
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XDG_", "DLMANAGER_", "COVERAGE_PROCESS_"))
        }
        return {**kept, "HOME": str(self.home), "QT_QPA_PLATFORM": "offscreen"}

    def command(self, *arguments: str) -> list[str]:
        """The command line of the program on this data folder."""
        return [sys.executable, "-m", "dlmanager", "--data-dir", str(self.data_dir), *arguments]

    def add(self, *urls: str, max_retries: int = 1000) -> list[str]:
        """Put links into the queue while no program runs; returns their ids."""
        store = JobStore(self.database)
        orders = [NewJob(url, str(self.folder), max_retries=max_retries) for url in urls]
        jobs = store.add(orders, round(time.time() * 1000))
        store.close()
        return [job.id for job in jobs]

    def jobs(self) -> list[Job]:
        """All rows of the queue."""
        store = JobStore(self.database)
        jobs = store.list_jobs()
        store.close()
        return jobs

    # What must hold

    def troubles_now(self, acknowledged: Sequence[str]) -> list[str]:
        """What is wrong right after a kill, or at any time: nothing may be.

        acknowledged: ids that `add` has told; others may be there too.
        """
        troubles = [f"orphan alive: {pid}" for pid in self._wgets_that_stay()]
        connection = sqlite3.connect(self.database)
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        ids = [row[0] for row in connection.execute("SELECT id FROM DOWNLOAD_QUEUE")]
        connection.close()
        if found != "ok":
            troubles.append(f"integrity_check: {found}")
        troubles += [f"lost: {job_id}" for job_id in acknowledged if ids.count(job_id) != 1]
        return troubles

    def troubles_at_the_end(self, wanted: Mapping[str, Body]) -> list[str]:
        """What is wrong once the queue is idle: each job done, its file right, and nothing else.

        wanted: the body of each link that is in the queue, once.
        """
        jobs = self.jobs()
        troubles = self.troubles_now([job.id for job in jobs])
        if sorted(job.url for job in jobs) != sorted(wanted):
            troubles.append(f"jobs lost or doubled: {sorted(job.url for job in jobs)}")
        for job in jobs:
            if job.status is not Status.COMPLETED or job.path is None:
                troubles.append(f"not completed: {job}")
            elif not _is_right(Path(job.path), wanted[job.url]):
                troubles.append(f"wrong bytes: {job}")
        names = sorted(path.name for path in self.folder.iterdir())
        if names != sorted(Path(job.path).name for job in jobs if job.path):
            troubles.append(f"files that no job has: {names}")
        return troubles + self.leftovers()

    def leftovers(self) -> list[str]:
        """Parts and files of locks."""
        left = [*self.folder.glob("*.part"), *self.data_dir.glob("locks/*")]
        return [f"left over: {path}" for path in left]

    def wgets(self) -> Iterator[int]:
        """The processes other than the program that have our folder on their command line."""
        needle = os.fsencode(self.folder)
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    arguments = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if needle in arguments and b"-O" in arguments.split(b"\0"):
                    yield int(entry.name)

    def _wgets_that_stay(self) -> list[int]:
        end_at = time.monotonic() + ORPHAN_GRACE_S
        while (pids := list(self.wgets())) and time.monotonic() < end_at:
            time.sleep(0.01)
        return pids


def _is_right(path: Path, body: Body) -> bool:
    return path.read_bytes() == body.read(0, body.size)
