import pytest
from PySide6.QtCore import QLocale

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, Verification, WaitingFor
from dlmanager.core.progress import JobProgress
from dlmanager.gui import formatting
from tests.gui.fake_queue import make_job

NOW_MS = 1_000_000


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    "size_bytes, text",
    [
        (None, ""),
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (15_349, "15.3 KB"),
        (99_949, "99.9 KB"),
        (99_950, "100 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (91_000_000, "91.0 MB"),
        (632_000_000, "632 MB"),
        (4_100_000_000, "4.1 GB"),
        (5_000_000_000_000, "5.0 TB"),
        (7 * 10**18, "7,000 PB"),
    ],
)
def test_sizes(size_bytes: int | None, text: str) -> None:
    assert plain(formatting.size(size_bytes)) == text


def test_numbers_follow_the_locale() -> None:
    QLocale.setDefault(QLocale("de_DE"))
    assert plain(formatting.size(4_100_000_000)) == "4,1 GB"
    assert formatting.whole_number(12_345) == "12.345"


@pytest.mark.parametrize(
    "speed_bytes_s, text",
    [
        (None, ""),
        (0.0, "0.0 KB/s"),
        (512.0, "0.5 KB/s"),
        (999_000.0, "999 KB/s"),
        (11_200_000.0, "11.2 MB/s"),
        (1_240_000_000.0, "1.2 GB/s"),
    ],
)
def test_speeds(speed_bytes_s: float | None, text: str) -> None:
    assert plain(formatting.speed(speed_bytes_s)) == text


def test_a_speed_about_a_border_keeps_its_unit_and_never_has_four_digits() -> None:
    unit = formatting.speed_unit(950_000)
    shown = []
    for speed_bytes_s in (950_000, 1_020_000, 990_000, 950_000, 1_900_000, 850_000, 950_000):
        unit = formatting.speed_unit(speed_bytes_s, unit)
        shown.append(plain(formatting.speed(speed_bytes_s, unit)))
    assert shown == [
        "950 KB/s",
        "1.0 MB/s",
        "1.0 MB/s",
        "0.9 MB/s",
        "1.9 MB/s",
        "850 KB/s",
        "950 KB/s",
    ]


@pytest.mark.parametrize(
    "seconds, text, spoken",
    [
        (None, "", ""),
        (0, "0 s", "0 seconds left"),
        (1, "1 s", "1 second left"),
        (22, "22 s", "22 seconds left"),
        (60, "1 min", "1 minute left"),
        (200, "3 min 20 s", "3 minutes left"),
        (1140, "19 min", "19 minutes left"),
        (3600, "1 h", "1 hour left"),
        (7500, "2 h 5 min", "2 hours left"),
        (86_400, "1 d", "1 day left"),
        (3 * 86_400 + 7200, "3 d 2 h", "3 days left"),
        (10**9, "over 100 days", "11,574 days left"),
    ],
)
def test_time_spans(seconds: int | None, text: str, spoken: str) -> None:
    assert plain(formatting.duration(seconds)) == text
    assert formatting.spoken_time_left(seconds) == spoken


def job(status: Status, **fields: object) -> Job:
    return make_job("a", status, **fields)


@pytest.mark.parametrize(
    "which, text",
    [
        (job(Status.PENDING), "Waiting"),
        (job(Status.PROCESSING), "Connecting"),
        (job(Status.PROCESSING, phase=Phase.CONNECTING), "Connecting"),
        (job(Status.PROCESSING, phase=Phase.DOWNLOADING), "Downloading"),
        (job(Status.PROCESSING, phase=Phase.VERIFYING), "Checking the file"),
        (job(Status.PROCESSING, phase=Phase.FINALISING), "Saving the file"),
        (
            job(Status.RETRYING, retry_count=2, next_retry_at=NOW_MS + 4000),
            "Retrying in 4 s (2 of 3)",
        ),
        (
            job(Status.RETRYING, retry_count=2, next_retry_at=NOW_MS + 3001),
            "Retrying in 4 s (2 of 3)",
        ),
        (job(Status.RETRYING, retry_count=2, next_retry_at=NOW_MS), "Waiting to retry (2 of 3)"),
        (job(Status.RETRYING, retry_count=1), "Waiting to retry (1 of 3)"),
        (
            job(Status.RETRYING, retry_count=7, max_retries=-1, next_retry_at=NOW_MS + 90_000),
            "Retrying in 1 min 30 s (7)",
        ),
        (job(Status.RETRYING, next_retry_at=NOW_MS + 2000), "Retrying in 2 s"),
        (
            job(
                Status.RETRYING,
                retry_count=1,
                next_retry_at=NOW_MS + 2000,
                waiting_for=WaitingFor.NETWORK,
            ),
            "Waiting for the network",
        ),
        (job(Status.PENDING, waiting_for=WaitingFor.NETWORK), "Waiting for the network"),
        (
            job(Status.PENDING, waiting_for=WaitingFor.HOST),
            "Waiting: the server asked for a pause",
        ),
        (
            job(Status.PENDING, waiting_for=WaitingFor.HOST_LIMIT),
            "Waiting: enough downloads from this host already",
        ),
        (job(Status.PAUSED, waiting_for=WaitingFor.HOST), "Paused"),
        (job(Status.PAUSED), "Paused"),
        (
            job(Status.PAUSED, error_kind=ErrorKind.DISK_FULL, error_message="The disk is full."),
            "The disk is full.",
        ),
        (
            job(Status.PAUSED, error_kind=ErrorKind.INTERRUPTED, error_message="It crashed."),
            "It crashed.",
        ),
        (
            job(Status.PAUSED, error_kind=ErrorKind.TIMEOUT, error_message="No answer came."),
            "Paused",
        ),
        (job(Status.COMPLETED), "Completed"),
        (job(Status.COMPLETED, verification=Verification.SIZE), "Completed"),
        (
            job(Status.COMPLETED, verification=Verification.CHECKSUM),
            "Completed, checksum verified",
        ),
        (
            job(Status.COMPLETED, verification=Verification.UNCONFIRMED),
            "Completed, size not confirmed",
        ),
        (
            job(Status.COMPLETED, verification=Verification.MISMATCH),
            "Completed, checksum does not match",
        ),
        (
            job(Status.FAILED, error_message="The server says the file is gone (404)"),
            "Failed: the server says the file is gone (404)",
        ),
        (job(Status.FAILED, error_message="A server said no."), "Failed: a server said no."),
        (job(Status.FAILED, error_message="TLS failed."), "Failed: TLS failed."),
        (job(Status.FAILED, error_message="wget is gone."), "Failed: wget is gone."),
        (job(Status.FAILED), "Failed"),
        (job(Status.CANCELLED), "Cancelled"),
    ],
)
def test_status_is_a_sentence(which: Job, text: str) -> None:
    assert plain(formatting.status_text(which, NOW_MS)) == text


@pytest.mark.parametrize(
    "per_host, text",
    [
        (4, "Waiting: 4 downloads from this host already"),
        (1, "Waiting: 1 download from this host already"),
        (0, "Waiting: enough downloads from this host already"),
    ],
)
@pytest.mark.parametrize("status", [Status.PENDING, Status.RETRYING])
def test_who_waits_for_a_slot_of_its_host_says_how_many_it_has(
    status: Status, per_host: int, text: str
) -> None:
    held = job(status, waiting_for=WaitingFor.HOST_LIMIT)
    assert formatting.status_text(held, NOW_MS, per_host=per_host) == text


def test_live_phase_counts_more_than_the_committed_one() -> None:
    progress = JobProgress("a", 0, Phase.VERIFYING, 10, 10, None)
    processing = job(Status.PROCESSING, phase=Phase.DOWNLOADING)
    assert formatting.status_text(processing, NOW_MS, progress) == "Checking the file"


@pytest.mark.parametrize(
    "which, progress, text",
    [
        (job(Status.PENDING), None, ""),
        (job(Status.PENDING, bytes_total=200), None, ""),
        (job(Status.PENDING, bytes_total=200, bytes_done=50), None, "25 %"),
        (job(Status.PAUSED, bytes_done=1500), None, "1.5 KB"),
        (job(Status.PROCESSING, bytes_total=200), None, "0 %"),
        (job(Status.PROCESSING), None, ""),
        (
            job(Status.PROCESSING, bytes_total=200, bytes_done=50),
            JobProgress("a", 0, Phase.DOWNLOADING, 122, 200, None),
            "61 %",
        ),
        (
            job(Status.PROCESSING),
            JobProgress("a", 0, Phase.DOWNLOADING, 12_400_000, None, None),
            "12.4 MB",
        ),
        (job(Status.COMPLETED, bytes_total=200, bytes_done=200), None, ""),
        (job(Status.FAILED, bytes_total=200, bytes_done=199), None, "99 %"),
    ],
)
def test_progress_text(which: Job, progress: JobProgress | None, text: str) -> None:
    assert plain(formatting.progress_text(which, progress)) == text


def test_size_of_a_finished_job_of_unknown_total_is_what_was_written() -> None:
    assert formatting.size_of_job(job(Status.COMPLETED, bytes_done=7)) == 7
    assert formatting.size_of_job(job(Status.PAUSED, bytes_done=7)) is None


@pytest.mark.parametrize(
    "active, waiting, retrying, text",
    [
        (0, 0, 0, "Nothing to do"),
        (3, 0, 0, "3 active"),
        (0, 12, 0, "12 waiting"),
        (3, 1200, 0, "3 active, 1,200 waiting"),
        (3, 6, 2, "3 active, 6 waiting, 2 retrying"),
    ],
)
def test_counts(active: int, waiting: int, retrying: int, text: str) -> None:
    assert formatting.counts_text(active, waiting, retrying) == text


def test_one_download_is_not_several() -> None:
    assert formatting.downloads_text(1) == "1 download"
    assert formatting.downloads_text(2) == "2 downloads"


def test_an_unknown_moment_is_empty() -> None:
    assert formatting.date_and_time(None) == ""
    assert "26" in formatting.date_and_time(1_780_000_000_000)
