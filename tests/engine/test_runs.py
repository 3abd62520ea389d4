"""The state that the outcome of an attempt leads to, and what is written with it."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status, WaitingFor
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.retry import NextTry
from dlmanager.engine import runs
from dlmanager.engine.runs import BUSY_DELAY_MS, next_state

NOW_MS = 1_000_000
WHY = {"error_kind": ErrorKind.TIMEOUT, "error_message": "Silent."}
FAR = {"bytes_done": 50, "progress_percent": 25}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "now_ms", lambda: NOW_MS)


@pytest.fixture
def state_after(make_job: Callable[..., Job]) -> Callable[..., tuple[Status, dict[str, Any]]]:
    """Asks for the state after an ending, of an attempt that got to byte 50 of 200."""

    def ask(
        ending: Ending, planned: NextTry | None = None, final_path: Path | None = None
    ) -> tuple[Status, dict[str, Any]]:
        job = make_job(bytes_done=50, bytes_total=200, retry_count=2)
        attempt = SimpleNamespace(job=job, final_path=final_path, new_bytes=7)
        asked: list[tuple[Job, int]] = []

        def next_try(job: Job, outcome: Outcome, new_bytes: int) -> NextTry | None:
            asked.append((job, new_bytes))
            return planned

        outcome = Outcome(ending, ErrorKind.TIMEOUT, "Silent.", http_status=200)
        network = SimpleNamespace(next_try=next_try)
        status, facts = next_state(attempt, outcome, network)  # type: ignore[arg-type]
        assert asked == ([(job, 7)] if planned else [])
        assert facts.pop("http_status") == 200
        return status, facts

    return ask


def test_what_is_done_is_completed(state_after):
    status, facts = state_after(Ending.DONE, final_path=Path("/tmp/a.bin"))
    assert status is Status.COMPLETED
    assert (facts["final_path"], facts["finished_at"]) == ("/tmp/a.bin", NOW_MS)
    assert "error_kind" not in facts


def test_a_wget_that_does_not_work_is_not_the_jobs_fault(state_after):
    assert state_after(Ending.INSTALLATION) == (Status.PENDING, FAR)


def test_a_part_that_somebody_writes_is_waited_for_without_a_retry(state_after):
    status, facts = state_after(Ending.BUSY)
    assert status is Status.RETRYING
    assert facts == {**FAR, **WHY, "next_retry_at": NOW_MS + BUSY_DELAY_MS}


def test_a_full_disk_pauses(state_after):
    assert state_after(Ending.DISK_FULL) == (Status.PAUSED, {**FAR, **WHY})


def test_what_trying_again_does_not_help_has_failed(state_after):
    assert state_after(Ending.FAIL) == (Status.FAILED, {**FAR, **WHY, "finished_at": NOW_MS})


def test_a_retry_is_planned_by_the_care_of_the_network(state_after):
    planned = NextTry(Status.RETRYING, 3, NOW_MS + 5, WaitingFor.NETWORK, unresolved_count=2)
    status, facts = state_after(Ending.RETRY, planned)
    assert status is Status.RETRYING
    assert facts == {
        **FAR,
        **WHY,
        "retry_count": 3,
        "next_retry_at": NOW_MS + 5,
        "waiting_for": WaitingFor.NETWORK,
        "unresolved_count": 2,
    }


def test_without_a_retry_left_it_has_failed(state_after):
    status, facts = state_after(Ending.RETRY, NextTry(Status.FAILED, 3, None))
    assert status is Status.FAILED
    assert (facts["retry_count"], facts["finished_at"]) == (3, NOW_MS)
