from typing import Any

import pytest

from dlmanager.core.checksum_kind import ChecksumKind
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, Verification
from dlmanager.core.progress import JobProgress
from dlmanager.gui import job_facts
from dlmanager.gui.job_facts import as_text, facts_of_course, facts_of_file, states_text, sum_text
from tests.gui.fake_queue import make_job, running

NOW_MS = 50_000


def of_file(job: Job) -> dict[str, str]:
    return {fact.title: fact.value for fact in facts_of_file(job, NOW_MS)}


def of_course(job: Job, progress: JobProgress | None = None) -> dict[str, str]:
    return {fact.title: fact.value for fact in facts_of_course(job, progress)}


def nothing_live(job: Job) -> None:
    return None


def test_what_is_unknown_is_left_out() -> None:
    assert of_file(make_job("a")) == {
        "Name": "a.iso",
        "Status": "Waiting",
        "Folder": "/tmp",
        "Link": "https://example.org/a.iso",
        "Id": "a",
    }
    assert set(of_course(make_job("a"))) == {"Resumable", "Added", "Priority", "Retries"}


def test_a_failure_is_told_in_full_and_once() -> None:
    message = "The server says that the file is gone (404). Check the link."
    failed = make_job("a", Status.FAILED, error_kind=ErrorKind.NOT_FOUND, error_message=message)
    assert "the file is gone (404). Check the link." in of_file(failed)["Status"]
    assert "Reason" not in of_file(failed)


def test_why_it_is_tried_again_stands_beside_when() -> None:
    waiting = make_job(
        "a", Status.RETRYING, retry_count=1, next_retry_at=54_000, error_message="It broke off."
    )
    facts = of_file(waiting)
    assert facts["Status"] == "Retrying in 4\N{NO-BREAK SPACE}s (1 of 3)"
    assert facts["Reason"] == "It broke off."


def test_where_a_redirect_led_is_told() -> None:
    led = make_job("a", final_url="https://mirror.example.org/a.iso")
    assert of_file(led)["Led to"] == "https://mirror.example.org/a.iso"
    assert "Led to" not in of_file(make_job("a", final_url="https://example.org/a.iso"))


def test_live_numbers_come_before_committed_ones() -> None:
    job = make_job("a", Status.PROCESSING, bytes_done=1, attempt=1, http_status=206)
    progress = JobProgress("a", 1, Phase.DOWNLOADING, 2_500_000, 10_000_000, 1_500_000.0)
    facts = of_course(job, progress)
    assert facts["Size"] == "10.0\N{NO-BREAK SPACE}MB (10,000,000 bytes)"
    assert facts["Downloaded"] == (
        "2.5\N{NO-BREAK SPACE}MB (2,500,000 bytes), 25\N{NO-BREAK SPACE}%"
    )
    assert facts["Speed"] == "1.5\N{NO-BREAK SPACE}MB/s"
    assert facts["Time left"] == "5\N{NO-BREAK SPACE}s"
    assert facts["Attempts"] == "1"


@pytest.mark.parametrize(
    "fields, text",
    [
        ({"http_status": 206}, "Yes"),
        ({"etag": '"x"'}, "Probably"),
        ({"last_modified": "Wed, 01 Jan 2025 00:00:00 GMT"}, "Probably"),
        ({}, "Not known yet"),
    ],
)
def test_resumable(fields: dict[str, Any], text: str) -> None:
    assert of_course(make_job("a", Status.PAUSED, **fields))["Resumable"] == text


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_what_is_over_does_not_wait_to_be_known(status: Status) -> None:
    assert "Resumable" not in of_course(make_job("a", status))


@pytest.mark.parametrize(
    "verification, text",
    [
        (Verification.CHECKSUM, "By its checksum"),
        (Verification.SIZE, "By its size"),
        (Verification.UNCONFIRMED, "No: the server did not tell its size"),
        (Verification.MISMATCH, "No: its checksum is another one"),
        (Verification.NONE, "No"),
    ],
)
def test_verified(verification: Verification, text: str) -> None:
    job = make_job("a", Status.COMPLETED, verification=verification)
    assert of_course(job)["Verified"] == text
    unfinished = of_course(make_job("a", verification=verification))
    assert unfinished.get("Verified") == (text if verification is Verification.MISMATCH else None)


def test_while_a_file_is_checked_all_of_it_is_downloaded() -> None:
    checked = JobProgress("a", 1, Phase.VERIFYING, 2000, 2000, None, checked_bytes=500)
    job = running("a", phase=Phase.VERIFYING, bytes_done=2000, bytes_total=2000)
    assert of_course(job, checked)["Downloaded"] == "2.0\u00a0KB (2,000 bytes), 100\u00a0%"
    assert of_file(job)["Status"] == "Checking the file"


def test_what_is_expected_and_found() -> None:
    assert "Expected checksum" not in of_file(make_job("a"))
    expected = {"checksum_kind": ChecksumKind.SHA256, "checksum": "0a" * 32}
    waiting = of_file(make_job("a", **expected))
    assert waiting["Expected checksum"] == f"SHA-256 {'0a' * 32}"
    assert "Found checksum" not in waiting
    wrong = of_file(make_job("a", Status.FAILED, **expected, checksum_found="1b" * 32))
    assert wrong["Found checksum"] == f"SHA-256 {'1b' * 32}"
    right = of_file(make_job("a", Status.COMPLETED, **expected, checksum_found="0a" * 32))
    assert right["Found checksum"] == "The same"


@pytest.mark.parametrize(
    "fields, text",
    [
        ({"retry_count": 2}, "2 of 3"),
        ({"retry_count": 7, "max_retries": -1}, "7, until it succeeds"),
    ],
)
def test_retries(fields: dict[str, Any], text: str) -> None:
    assert of_course(make_job("a", **fields))["Retries"] == text


@pytest.mark.parametrize(
    "size_bytes, text",
    [(None, ""), (1, "1 byte"), (999, "999\N{NO-BREAK SPACE}bytes")],
)
def test_small_sizes_are_exact_as_they_are(size_bytes: int | None, text: str) -> None:
    assert job_facts.exact_size(size_bytes) == text


def test_facts_are_lines_on_the_clipboard() -> None:
    lines = as_text(facts_of_file(make_job("a"), NOW_MS)).split("\n")
    assert lines[:2] == ["Name: a.iso", "Status: Waiting"]


# Several


@pytest.mark.parametrize(
    "sizes, text",
    [
        ([(0, None), (0, None)], "2 downloads"),
        ([(1_200_000_000, 3_000_000_000), (0, 1_000_000_000)], "2 downloads, 1.2 GB of 4.0 GB"),
        ([(5_000_000, 5_000_000), (0, None)], "2 downloads, 5.0 MB so far"),
        ([(5_000_000, 5_000_000)], "1 download, 5.0 MB"),
    ],
)
def test_several_are_summed(sizes: list[tuple[int, int | None]], text: str) -> None:
    jobs = [make_job("a", bytes_done=done, bytes_total=total) for done, total in sizes]
    assert sum_text(jobs, nothing_live).replace("\N{NO-BREAK SPACE}", " ") == text


def test_states_are_counted_in_the_order_of_what_moves() -> None:
    states = [Status.FAILED, Status.COMPLETED, Status.PROCESSING, Status.COMPLETED]
    jobs = [make_job(str(number), status) for number, status in enumerate(states)]
    assert states_text(jobs) == "1 active, 2 completed, 1 failed"
