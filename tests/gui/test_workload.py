import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.gui.workload import Workload
from tests.gui.fake_queue import make_job


def at(job_id: str, done: int, total: int | None) -> JobProgress:
    return JobProgress(job_id, 1, Phase.DOWNLOADING, done, total, None)


def test_without_work_there_is_no_fraction() -> None:
    workload = Workload()
    assert workload.note([make_job("a", Status.COMPLETED), make_job("b", Status.PAUSED)]) == []
    assert workload.is_over
    assert workload.fraction() is None


def test_the_fraction_counts_what_ended_and_never_falls_back_with_it() -> None:
    workload = Workload()
    workload.note([make_job("a", Status.PROCESSING), make_job("b"), make_job("c"), make_job("d")])
    assert workload.fraction() == 0.0
    workload.note_progress([at("a", 50, 100), at("unknown", 100, 100)])
    assert workload.fraction() == pytest.approx(0.125)
    workload.note([make_job("a", Status.COMPLETED)])
    assert workload.fraction() == 0.25
    workload.note_progress([at("b", 7, None)])
    assert workload.fraction() == 0.25
    workload.remove(["b"])
    assert workload.fraction() == pytest.approx(1 / 3)


def test_a_committed_state_does_not_set_the_progress_back() -> None:
    workload = Workload()
    workload.note([make_job("a", Status.PROCESSING)])
    workload.note_progress([at("a", 50, 100)])
    workload.note([make_job("a", Status.RETRYING)])
    assert workload.fraction() == 0.5


@pytest.mark.parametrize(
    "status, kind, ended",
    [
        (Status.COMPLETED, None, True),
        (Status.FAILED, None, True),
        (Status.PAUSED, ErrorKind.DISK_FULL, True),
        (Status.PAUSED, None, False),
        (Status.CANCELLED, None, False),
        (Status.RETRYING, None, False),
    ],
)
def test_what_ends_by_itself_is_told_once(
    status: Status, kind: ErrorKind | None, ended: bool
) -> None:
    workload = Workload()
    workload.note([make_job("a", Status.PROCESSING)])
    job = make_job("a", status, error_kind=kind)
    assert workload.note([job]) == ([job] if ended else [])
    assert workload.note([job]) == []


def test_counts_begin_anew_with_new_work() -> None:
    workload = Workload()
    workload.note([make_job("a"), make_job("b")])
    workload.note([make_job("a", Status.COMPLETED)])
    workload.note([make_job("b", Status.FAILED)])
    assert (workload.is_over, workload.completed, workload.stopped) == (True, 1, 1)
    workload.note([make_job("c")])
    assert (workload.is_over, workload.completed, workload.stopped) == (False, 0, 0)
