"""The command line as scripts see it: a real process, its output and its exit status."""

import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlmanager.cli import json_object
from dlmanager.core.job import Wish
from dlmanager.core.secrets import Secrets
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.part_file import PartFile
from dlmanager.store.job_store import JobStore
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.wishes import fulfil
from tests.fakes.fake_wget import VERSIONS, make_fake_wget
from tests.integration.loopback_server import Content, LoopbackServer, status

CONTENT = Content(size=1_000_000, seed=1)
ROOT = Path(__file__).parent.parent


class Cli:
    """Runs commands on a data folder, each as a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def __call__(
        self, *arguments: str, stdin: str = "", timeout_s: float = 40
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(self.data_dir, *arguments),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=ROOT,
            check=False,
        )


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def leave_part(data_dir: Path, folder: Path) -> JobStore:
    """Give the one job that waits a part, as an attempt that was ended in good order leaves it."""
    store = JobStore(data_dir / "queue.db")
    (job,) = store.claim(1, 1)
    part = PartFile.create(folder / "a.bin.part")
    facts = {"part_path": str(part.path), "part_device": part.device, "part_inode": part.inode}
    store.record(job.id, job.attempt, 1, facts)
    store.give_back([(job.id, job.attempt)], 1)
    part.close()
    return store


def command(data_dir: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "dlmanager", "--data-dir", str(data_dir), *arguments]


@pytest.fixture
def cli(data_dir: Path) -> Cli:
    return Cli(data_dir)


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command in the background; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(data_dir, *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_until(is_true: Callable[[], bool], timeout_s: float = 20) -> None:
    end_at = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < end_at, "it did not come about"
        time.sleep(0.02)


def part_size(folder: Path) -> int:
    """How much of its one file is on the disk; the server may be ahead of it."""
    (part,) = folder.glob("*.part")
    return part.stat().st_size


def added(cli: Cli, *arguments: str) -> list[str]:
    result = cli("add", *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.split()


def listed(cli: Cli, *arguments: str) -> list[dict]:
    result = cli("list", "--json", *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    return json.loads(result.stdout)


def jobs(cli: Cli) -> list[dict]:
    """What `listed` gives, read here: a process for each look would take half of the time."""
    store = JobStore(cli.data_dir / "queue.db")
    try:
        return json.loads(json.dumps([json_object(job) for job in store.list_jobs()]))
    finally:
        store.close()


def wget_pid(cli: Cli) -> int:
    """The wget of the one job, once its row knows it."""
    wait_until(lambda: jobs(cli)[0]["pid"] is not None)
    return jobs(cli)[0]["pid"]


class TestAdd:
    def test_prints_one_id_a_line_in_order(self, cli, folder):
        ids = added(cli, "--to", str(folder), "http://127.0.0.1/a", "http://127.0.0.1/b")
        assert [(job["id"], job["url"]) for job in jobs(cli)] == [
            (ids[0], "http://127.0.0.1/a"),
            (ids[1], "http://127.0.0.1/b"),
        ]

    def test_takes_name_retries_and_paused(self, cli, folder):
        added(
            cli, "--to", str(folder), "--name", "x.bin", "--retries", "-1", "--paused",
            "http://127.0.0.1/a",
        )  # fmt: skip
        (job,) = jobs(cli)
        assert (job["filename"], job["max_retries"], job["status"]) == ("x.bin", -1, "PAUSED")
        assert job["target_directory"] == str(folder)

    def test_reads_the_links_of_a_metalink_and_tells_what_it_leaves_out(
        self, cli, folder, tmp_path
    ):
        metalink = tmp_path / "links.meta4"
        metalink.write_text(
            '<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="x/better.iso">'
            '<url>http://127.0.0.1/a</url></file><file name="b"/></metalink>'
        )
        result = cli("add", "--to", str(folder), "--from-file", str(metalink))
        assert result.returncode == 1
        assert result.stderr == f"dlmanager: {metalink}, Entry 2 (b): It names no link.\n"
        (job,) = jobs(cli)
        assert result.stdout.split() == [job["id"]]
        assert (job["url"], job["filename"]) == ("http://127.0.0.1/a", "better.iso")

    def test_several_links_of_a_file_in_a_metalink_are_its_mirrors(self, cli, folder, tmp_path):
        metalink = tmp_path / "links.meta4"
        metalink.write_text(
            '<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="a.iso"><size>9</size>'
            f'<hash type="sha-1">{"a" * 40}</hash>'
            '<url priority="2">http://127.0.0.1/b</url><url priority="1">http://127.0.0.1/a</url>'
            "</file></metalink>"
        )
        (job_id,) = added(cli, "--to", str(folder), "--from-file", str(metalink))
        shown = json.loads(cli("show", job_id, "--json").stdout)
        assert (shown["url"], shown["expected_bytes"]) == ("http://127.0.0.1/a", 9)
        assert (shown["checksum_kind"], shown["checksum"]) == ("sha1", "a" * 40)
        assert [each["url"] for each in shown["mirrors"]] == [
            "http://127.0.0.1/a",
            "http://127.0.0.1/b",
        ]

    def test_mirrors_are_shown_with_their_records_and_without_their_passwords(self, cli, folder):
        (job_id,) = added(
            cli, "--to", str(folder), "http://127.0.0.1/a",
            "--mirror", "http://eva:hidden@127.0.0.1/b", "--mirror", "http://127.0.0.1/c",
        )  # fmt: skip
        (job,) = jobs(cli)
        assert (job["mirror"], job["mirror_count"], job["has_secrets"]) == (1, 3, True)
        result = cli("show", job_id, "--json")
        shown = json.loads(result.stdout)
        assert [each["position"] for each in shown["mirrors"]] == [1, 2, 3]
        assert shown["mirrors"][1] == {
            "position": 2,
            "url": "http://127.0.0.1/b",
            "tries": 0,
            "failures": 0,
            "bytes_received": 0,
            "speed_bytes_s": None,
            "last_error": None,
            "state": "fresh",
        }
        lines = cli("show", job_id).stdout.splitlines()
        assert lines[-1] == (
            "mirror 3           http://127.0.0.1/c (tries: 0, failed: 0, bytes: 0)"
        )
        assert "hidden" not in result.stdout

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (
                ["http://127.0.0.1/a", "http://127.0.0.1/b", "--mirror", "http://c.test/"],
                "one link",
            ),
            (["http://127.0.0.1/a", "--mirror", "http://127.0.0.1/a"], "twice"),
            (["http://127.0.0.1/a", "--mirror", "ftp://127.0.0.1/a"], "not ftp"),
        ],
        ids=["several links", "the same", "no link"],
    )
    def test_a_bad_mirror_is_told_and_nothing_added(self, cli, folder, given, words):
        result = cli("add", "--to", str(folder), *given)
        assert (result.returncode, result.stdout) == (2, "")
        assert words in result.stderr
        assert jobs(cli) == []

    def test_reads_the_link_of_a_shortcut(self, cli, folder, tmp_path):
        shortcut = tmp_path / "A b.URL"
        shortcut.write_text("[InternetShortcut]\nURL=http://127.0.0.1/a\n")
        assert len(added(cli, "--to", str(folder), "--from-file", str(shortcut))) == 1

    def test_a_page_without_a_link_is_told_and_nothing_added(self, cli, folder, tmp_path):
        page = tmp_path / "page.html"
        page.write_text("<a href='b'>")
        result = cli("add", "--to", str(folder), "--from-file", str(page))
        assert result.returncode == 2
        assert "page.html, Line 1: The page does not tell its own address" in result.stderr
        assert result.stderr.endswith(f"There is no link in {page} that can be used.\n")
        assert jobs(cli) == []

    def test_reads_links_from_a_file_and_from_stdin(self, cli, folder, tmp_path):
        links = tmp_path / "links.txt"
        links.write_text("# mirrors\nhttp://127.0.0.1/a\n\n  http://127.0.0.1/b  \n")
        assert len(added(cli, "--to", str(folder), "--from-file", str(links))) == 2
        result = cli("add", "--to", str(folder), "--from-file", "-", stdin="http://127.0.0.1/c\n")
        assert len(result.stdout.split()) == 1
        assert [job["url"][-1] for job in jobs(cli)] == ["a", "b", "c"]

    @pytest.mark.fault(57)
    @pytest.mark.parametrize(
        "count",
        [10_000, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.timeout(240)])],
    )
    def test_takes_very_many_links_at_once(self, cli, data_dir, folder, tmp_path, count: int):
        links = tmp_path / "links.txt"
        urls = [f"http://127.0.0.1/{number}/file.zip" for number in range(count)]
        links.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(urls).encode())  # as Windows writes it
        given = ("--to", str(folder), "--from-file", str(links))
        result = cli("add", *given, timeout_s=200)  # with coverage each link takes far longer
        assert (result.returncode, result.stderr) == (0, "")
        assert len(result.stdout.split()) == count
        store = JobStore(data_dir / "queue.db")
        assert [job.url for job in store.list_jobs()] == urls
        store.close()

    @pytest.mark.fault(57)
    def test_a_mark_of_utf_8_is_none_of_the_text(self, cli, folder):
        links = "\ufeff# mirrors\nhttp://127.0.0.1/a\n"
        result = cli("add", "--to", str(folder), "--from-file", "-", stdin=links)
        assert len(result.stdout.split()) == 1

    @pytest.mark.fault(57)
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"]
    )
    @pytest.mark.parametrize("way", ["file", "stdin"])
    def test_a_list_is_read_by_the_mark_at_its_beginning(
        self, cli, data_dir, folder, tmp_path, encoding: str, way: str
    ):
        mark = "\ufeff" if encoding.endswith("-be") else ""
        data = f"{mark}http://127.0.0.1/a\r\nhttp://127.0.0.1/\u00e4\r\n".encode(encoding)
        links = tmp_path / "links.txt"
        links.write_bytes(data)
        name = "-" if way == "stdin" else str(links)
        result = subprocess.run(
            command(data_dir, "add", "--to", str(folder), "--from-file", name),
            input=data,
            capture_output=True,
            timeout=40,
            cwd=ROOT,
            check=False,
        )
        assert (result.returncode, result.stderr) == (0, b"")
        assert [job["url"] for job in jobs(cli)] == [
            "http://127.0.0.1/a", "http://127.0.0.1/%C3%A4"
        ]  # fmt: skip

    @pytest.mark.fault(57)
    @pytest.mark.parametrize(
        "data, words",
        [
            (b"http://127.0.0.1/good\nhttp://127.0.0.1/a\0b\n", "Link 2 of 2: This link holds"),
            (b"http://127.0.0.1/good\n\0\n", "Link 2 of 2"),
            ("http://127.0.0.1/a\n".encode("utf-16-le"), "looks like UTF-16 without a mark"),
            ("http://127.0.0.1/a\n".encode("utf-16") + b"x", "it is not UTF-16 text"),
            (b"http://127.0.0.1/\xe4\n", "it is not UTF-8 text"),
            (bytes(64 * 1024**2 + 1), "more than 64 MB"),
            (b"http://127.0.0.1/" + b"x" * 1_000_000, "too long"),
        ],
        ids=["NUL", "NUL alone", "UTF-16", "half", "Latin-1", "endless", "long line"],
    )
    @pytest.mark.parametrize("way", ["file", "stdin"])
    def test_a_list_that_is_none_is_told_and_nothing_added(
        self, cli, data_dir, folder, tmp_path, data: bytes, words: str, way: str
    ):
        links = tmp_path / "links.txt"
        links.write_bytes(data)
        name = "-" if way == "stdin" else str(links)
        result = subprocess.run(
            command(data_dir, "add", "--to", str(folder), "--from-file", name),
            input=data,
            capture_output=True,
            timeout=40,
            cwd=ROOT,
            check=False,
        )
        assert result.returncode == 2
        assert words in result.stderr.decode()
        assert result.stderr.count(b"\n") == 1
        assert b"\0" not in result.stderr
        assert jobs(cli) == []

    def test_saves_to_the_folder_of_the_settings_else_to_downloads(self, cli, folder):
        added(cli, "http://127.0.0.1/a")
        cli("config", "set", "download_directory", str(folder))
        added(cli, "http://127.0.0.1/b")
        assert [job["target_directory"] for job in jobs(cli)] == [
            str(Path(os.environ["HOME"]) / "Downloads"),
            str(folder),
        ]

    @pytest.mark.parametrize(
        "arguments, words",
        [
            (["no link"], "link"),
            (["ftp://127.0.0.1/a"], "http"),
            (["http://127.0.0.1/a\nb"], "line break"),
            (["-O/etc/passwd"], "-O/etc/passwd"),
            (["http://u:secret%0A@127.0.0.1/"], "password"),
            (["--to", "/no/such/folder", "http://127.0.0.1/"], "does not exist"),
            (["--to", "/etc/hostname", "http://127.0.0.1/"], "not a folder"),
            (["--to", "", "http://127.0.0.1/"], "--to needs a folder"),
            (["--to", " ", "http://127.0.0.1/"], "--to needs a folder"),
            (["--name", "a/b", "http://127.0.0.1/"], "name"),
            (["--name", ""], "--name needs a name"),
            (["--name", " "], "--name needs a name"),
            (["--name", "x", "http://127.0.0.1/a", "http://127.0.0.1/b"], "one link"),
            (["--retries", "-2", "http://127.0.0.1/"], "retries"),
            (["--retries", "x", "http://127.0.0.1/"], "invalid int"),
            (["--retries", "99999999999999999999", "http://127.0.0.1/"], "0 to 1000"),
            (["--from-file", "/no/such/file"], "cannot be read"),
            (["--what"], "--what"),
        ],
        ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
    )
    def test_bad_usage_is_one_line_and_changes_nothing(self, cli, folder, arguments, words):
        result = cli("add", "http://127.0.0.1/good", "--to", str(folder), *arguments)
        assert result.returncode == 2
        assert result.stdout == ""
        assert words.lower() in result.stderr.lower()
        assert result.stderr.count("\n") == 1
        assert "Traceback" not in result.stderr
        assert "secret" not in result.stderr
        assert jobs(cli) == []

    def test_which_link_is_bad_is_told_apart_from_what_was_done(self, cli):
        result = cli("add", "http://127.0.0.1/good", "notaurl")
        assert result.stderr.endswith(
            "Nothing was added. Link 2 of 2: This is not a link: notaurl\n"
        )

    def test_no_link_at_all_is_told(self, cli):
        result = cli("add")
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert "no link was given" in result.stderr


class TestRunUntilIdle:
    def test_downloads_everything_and_ends_well(self, cli, server, folder):
        urls = [server.serve(f"/{number}.bin", CONTENT) for number in range(5)]
        added(cli, "--to", str(folder), *urls)
        result = cli("run", "--until-idle")
        assert (result.returncode, result.stderr) == (0, "")
        assert len(result.stdout.splitlines()) == 5
        assert all(line.startswith("COMPLETED") for line in result.stdout.splitlines())
        for job in jobs(cli):
            assert job["path"] == str(folder / job["filename"])
            assert (job["status"], job["verification"]) == ("COMPLETED", "size")
            assert (job["error_kind"], job["error_message"]) == (None, None)
            assert Path(job["path"]).read_bytes() == CONTENT.read(0, CONTENT.size)

    def test_says_so_if_a_download_failed(self, cli, server, folder):
        added(cli, "--to", str(folder), server.answer("/gone", 404))
        result = cli("run", "--until-idle")
        assert result.returncode == 1
        assert result.stdout.startswith("FAILED")
        assert "404" in result.stdout
        (job,) = listed(cli, "--status", "failed")
        assert (job["path"], job["error_kind"]) == (None, "not_found")

    def test_a_failure_of_before_does_not_count(self, cli, server, folder):
        added(cli, "--to", str(folder), server.answer("/gone", 404))
        assert cli("run", "--until-idle").returncode == 1
        assert cli("run", "--until-idle").returncode == 0

    def test_an_empty_queue_is_idle_and_paused_jobs_do_not_hold_it(self, cli, folder):
        assert cli("run", "--until-idle").returncode == 0
        added(cli, "--to", str(folder), "--paused", "http://127.0.0.1/a")
        assert cli("run", "--until-idle").returncode == 0

    def test_an_unusable_wget_is_told(self, cli, folder, data_dir):
        added(cli, "--to", str(folder), "http://127.0.0.1/a")
        (data_dir / "settings.toml").write_text('wget_executable_path = "/no/such/wget"')
        result = cli("run", "--until-idle")
        assert result.returncode == 2
        assert "wget was not found" in result.stderr
        assert [job["status"] for job in jobs(cli)] == ["PENDING"]

    def test_shows_live_progress_on_a_terminal(self, data_dir, cli, server, folder):
        url = server.serve("/a.bin", CONTENT)
        gate = server.hold("/a.bin", 500_000)
        added(cli, "--to", str(folder), url)
        master, slave = pty.openpty()
        process = subprocess.Popen(
            command(data_dir, "run", "--until-idle"), stdout=slave, stderr=slave, cwd=ROOT
        )
        os.close(slave)
        shown = b""
        while b"50" not in shown:
            shown += os.read(master, 4096)
        gate.release()
        try:
            while chunk := os.read(master, 4096):
                shown += chunk
        except OSError:  # the other side of the terminal is closed
            pass
        os.close(master)
        assert process.wait(20) == 0
        assert b"a.bin" in shown
        assert b"COMPLETED" in shown


class TestRunning:
    def test_a_running_queue_starts_what_is_added_within_a_second(self, cli, start, server, folder):
        start("run")
        url = server.serve("/a.bin", CONTENT)
        wait_until(lambda: _is_locked(folder.parent / "data"))
        added(cli, "--to", str(folder), url)
        added_at = time.monotonic()
        (request,) = server.wait_for_requests(1)
        assert request.received_at - added_at < 1

    def test_pause_resume_cancel_retry_and_remove_reach_it(self, cli, start, server, folder):
        start("run")
        url = server.serve("/a.bin", CONTENT)
        gate = server.hold("/a.bin", 500_000)
        (job_id,) = added(cli, "--to", str(folder), url)

        def is_(status: str) -> Callable[[], bool]:
            return lambda: json.loads(cli("show", job_id, "--json").stdout)["status"] == status

        assert gate.reached.wait(20)
        wait_until(lambda: "  1.0 MB  50 %" in cli("list").stdout)
        assert cli("list").stdout.endswith("  a.bin  Downloading\n")
        assert cli("pause", job_id[:8]).returncode == 0
        server.wait_until_idle()
        assert is_("PAUSED")()
        assert [path.stat().st_size for path in folder.iterdir()] == [500_000]
        assert cli("resume", job_id).returncode == 0
        server.wait_for_requests(2)
        assert cli("cancel", job_id).returncode == 0
        server.wait_until_idle()
        wait_until(lambda: list(folder.iterdir()) == [])
        gate.release()
        assert cli("retry", job_id).returncode == 0
        wait_until(is_("COMPLETED"))
        assert cli("remove", job_id).returncode == 0
        assert jobs(cli) == []
        assert [path.name for path in folder.iterdir()] == ["a.bin"]

    def test_a_changed_setting_counts_at_once(self, cli, start, server, folder):
        assert cli("config", "set", "max_concurrent_downloads", "1").returncode == 0
        urls = [server.serve(f"/{name}.bin", CONTENT) for name in "ab"]
        gates = [server.hold(f"/{name}.bin", 500_000) for name in "ab"]
        added(cli, "--to", str(folder), *urls)
        start("run")
        assert gates[0].reached.wait(20)
        assert [job["status"] for job in jobs(cli)] == ["PROCESSING", "PENDING"]
        assert cli("config", "set", "max_concurrent_downloads", "2").returncode == 0
        assert gates[1].reached.wait(20)
        for gate in gates:
            gate.release()
        wait_until(lambda: {job["status"] for job in jobs(cli)} == {"COMPLETED"})

    def test_a_page_in_place_of_a_file_can_be_accepted(self, cli, server, folder):
        url = server.serve("/setup.zip", b"<html>log in</html>", content_type="text/html")
        (job_id,) = added(cli, "--to", str(folder), url)
        ended = cli("run", "--until-idle")
        assert ended.returncode == 1
        assert "web page instead of the file" in ended.stdout
        assert json.loads(cli("show", job_id, "--json").stdout)["error_kind"] == "web_page"
        assert cli("accept", job_id).returncode == 0
        again = cli("accept", job_id)
        assert again.returncode == 1
        assert "cannot be asked to accept" in again.stderr
        assert cli("run", "--until-idle").returncode == 0
        (path,) = folder.iterdir()
        assert path.name == "setup.zip.html"

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_a_signal_ends_it_in_good_order(self, cli, start, server, folder, number):
        url = server.serve("/a.bin", CONTENT)
        gate = server.hold("/a.bin", 500_000)
        added(cli, "--to", str(folder), url)
        process = start("run")
        assert gate.reached.wait(20)
        wait_until(lambda: part_size(folder) == 500_000)
        pid = wget_pid(cli)
        process.send_signal(number)
        assert process.wait(10) == 0
        (job,) = jobs(cli)
        assert (job["status"], job["retry_count"], job["pid"]) == ("PENDING", 0, None)
        assert job["bytes_done"] == 500_000
        assert not Path(f"/proc/{pid}").exists()

    def test_until_idle_that_is_interrupted_does_not_end_well(self, cli, start, server, folder):
        url = server.serve("/a.bin", CONTENT)
        gate = server.hold("/a.bin", 500_000)
        added(cli, "--to", str(folder), url)
        process = start("run", "--until-idle")
        assert gate.reached.wait(20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM

    def test_a_second_run_on_the_same_data_is_refused(self, cli, start, data_dir):
        start("run")
        wait_until(lambda: _is_locked(data_dir))
        for arguments in (["run"], ["run", "--until-idle"]):
            result = cli(*arguments)
            assert result.returncode == 2
            assert "already works on this queue" in result.stderr
            assert result.stderr.count("\n") == 1

    def test_killed_in_the_middle_it_goes_on_where_it_stopped(self, cli, start, server, folder):
        url = server.serve("/a.bin", CONTENT)
        gate = server.hold("/a.bin", 700_000)
        added(cli, "--to", str(folder), url)
        process = start("run")
        assert gate.reached.wait(20)
        wget = wget_pid(cli)
        process.kill()
        process.wait()
        wait_until(lambda: not Path(f"/proc/{wget}").exists())
        assert jobs(cli)[0]["status"] == "PROCESSING"
        assert "a.bin  Interrupted, goes on at the next start\n" in cli("list").stdout
        gate.release()
        assert cli("run", "--until-idle").returncode == 0
        (job,) = jobs(cli)
        assert (job["status"], job["retry_count"]) == ("COMPLETED", 1)
        assert Path(job["path"]).read_bytes() == CONTENT.read(0, CONTENT.size)
        assert [path.name for path in folder.iterdir()] == ["a.bin"]

    def test_a_retry_that_falls_due_is_made(self, cli, server, folder):
        url = server.serve("/a.bin", CONTENT)
        server.sequence("/a.bin", [status(503), lambda exchange: exchange.answer(
            exchange.good_answer())])  # fmt: skip
        cli("config", "set", "initial_retry_delay_ms", "100")
        added(cli, "--to", str(folder), url)
        assert cli("run", "--until-idle").returncode == 0
        assert jobs(cli)[0]["retry_count"] == 1


def _is_locked(data_dir: Path) -> bool:
    lock = FileLock(data_dir / "queue.db.lock")
    if lock.acquire():
        lock.release()
        return False
    return True


class TestJobs:
    @pytest.fixture
    def job_id(self, cli, folder) -> str:
        return added(cli, "--to", str(folder), "http://127.0.0.1/a.bin")[0]

    def test_json_has_every_column_and_the_path(self, cli, job_id, data_dir):
        store = JobStore(data_dir / "queue.db")
        columns = {
            row[1] for row in store._database.execute_sql("PRAGMA table_info(DOWNLOAD_QUEUE)")
        }
        store.close()
        (job,) = jobs(cli)
        assert set(job) == columns | {"path"}
        assert (job["path"], job["verification"], job["status"]) == (None, "none", "PENDING")
        assert json.loads(cli("show", job_id, "--json").stdout) == {**job, "mirrors": []}

    def test_the_list_and_a_job_in_words(self, cli, job_id):
        lines = cli("list").stdout.splitlines()
        assert len(lines) == 2
        assert lines[1].split() == [job_id[:8], "PENDING", "a.bin", "Waiting"]
        assert "a.bin" in lines[1]
        assert f"id                 {job_id}" in cli("show", job_id[:6]).stdout.splitlines()

    def test_the_list_can_be_narrowed(self, cli, job_id):
        assert listed(cli, "--status", "paused") == []
        assert [job["id"] for job in listed(cli, "--status", "PENDING")] == [job_id]
        result = cli("list", "--status", "nonsense")
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)

    def test_cancel_without_a_running_queue_takes_the_part_away(
        self, cli, job_id, folder, data_dir
    ):
        leave_part(data_dir, folder).close()
        assert cli("cancel", job_id).returncode == 0
        assert list(folder.iterdir()) == []
        assert jobs(cli)[0]["part_path"] is None

    def test_what_was_removed_elsewhere_may_still_be_wanted_back(
        self, cli, job_id, folder, data_dir
    ):
        store = leave_part(data_dir, folder)
        fulfil(store, Wish.REMOVE, [job_id], 2)
        store.close()
        other = cli("add", "--to", str(folder), "https://example.org/b.bin").stdout.strip()
        assert cli("pause", other).returncode == 0
        assert [each.name for each in folder.iterdir()] == ["a.bin.part"]

    def test_a_wish_that_makes_no_sense_is_told(self, cli, job_id):
        result = cli("resume", job_id)
        assert result.returncode == 1
        assert "PENDING" in result.stderr
        assert jobs(cli)[0]["status"] == "PENDING"

    def test_start_makes_a_job_the_next_one(self, cli, job_id):
        assert cli("start", job_id).returncode == 0
        (job,) = jobs(cli)
        assert (job["status"], job["start_asked_at"] > 0) == ("PENDING", True)
        cli("cancel", job_id)
        refused = cli("start", job_id)
        assert (refused.returncode, refused.stderr) == (
            1,
            f"dlmanager: {job_id} is CANCELLED and cannot be asked to start.\n",
        )

    def test_add_with_a_priority_and_prioritize(self, cli, job_id, folder):
        link = "https://example.org/b.bin"
        (low,) = added(cli, "--to", str(folder), "--priority", "low", link)
        assert [job["priority"] for job in jobs(cli)] == ["normal", "low"]
        assert "priority           low\n" in cli("show", low).stdout
        assert cli("prioritize", low, job_id[:8], "high").returncode == 0
        assert [job["priority"] for job in jobs(cli)] == ["high", "high"]
        assert cli("prioritize", low, "top").returncode == 0
        first, second = jobs(cli)
        assert first["place"] is None
        assert second["place"] < first["created_at"]

    def test_what_waits_for_no_turn_is_told(self, cli, job_id):
        assert cli("cancel", job_id).returncode == 0
        refused = cli("prioritize", job_id, "top")
        assert (refused.returncode, refused.stderr) == (
            1,
            f"dlmanager: {job_id} is CANCELLED and waits for no turn.\n",
        )
        assert cli("prioritize", job_id, "high").returncode == 0
        assert jobs(cli)[0]["priority"] == "high"

    @pytest.mark.parametrize(
        "arguments",
        [["add", "--priority", "huge", "https://example.org/b"], ["prioritize", "huge"]],
    )
    def test_a_level_that_there_is_not_is_told_and_nothing_done(self, cli, job_id, arguments):
        if arguments[0] == "prioritize":
            arguments = ["prioritize", job_id, "huge"]
        result = cli(*arguments)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert "'urgent', 'high', 'normal', 'low'" in result.stderr
        assert [job["priority"] for job in jobs(cli)] == ["normal"]

    def test_edit_gives_a_job_another_link(self, cli, job_id, data_dir):
        link = "https://me:hunter2@example.com/new.bin#top"
        assert cli("edit", job_id[:6], "--link", link).returncode == 0
        (job,) = jobs(cli)
        assert (job["url"], job["status"]) == ("https://example.com/new.bin", "PENDING")
        assert job["has_secrets"]
        assert SecretStore(data_dir).load(job_id) == Secrets("me", "hunter2")

    @pytest.mark.parametrize(
        "arguments", [["--link", "ftp://example.com/a"], ["--link", ""], [], ["--link", "//x", "y"]]
    )
    def test_edit_without_a_link_that_can_be_used_changes_nothing(
        self, cli, job_id, arguments: list[str]
    ):
        before = jobs(cli)
        result = cli("edit", job_id, *arguments)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert jobs(cli) == before

    @pytest.mark.parametrize("verb", ["show", "pause", "cancel", "remove"])
    def test_an_unknown_or_ambiguous_id_is_told_and_nothing_done(self, cli, folder, job_id, verb):
        for given in ("nonsense", ""):
            result = cli(verb, given)
            assert result.returncode == 2
            assert "id" in result.stderr
        assert jobs(cli)[0]["status"] == "PENDING"


class TestConfig:
    def test_list_get_and_set(self, cli):
        assert "max_concurrent_downloads = 3 " in cli("config", "list").stdout
        assert cli("config").stdout == cli("config", "list").stdout
        assert cli("config", "set", "max_concurrent_downloads", "5").returncode == 0
        assert cli("config", "get", "max_concurrent_downloads").stdout == "5\n"
        assert cli("config", "set", "max_retries", "-1").returncode == 0
        assert cli("config", "get", "max_retries").stdout == "-1\n"

    def test_an_extension_is_moved_from_one_category_to_another(self, cli):
        assert " iso " in cli("config", "get", "category_archives").stdout
        assert cli("config", "set", "category_programs", "*.EXE, iso").returncode == 0
        assert cli("config", "get", "category_programs").stdout == "exe iso\n"
        assert " iso " not in cli("config", "get", "category_archives").stdout

    @pytest.mark.parametrize(
        "arguments",
        [
            ["get", "nonsense"],
            ["set", "max_retries", "x"],
            ["set", "max_concurrent_downloads", "0"],
            ["set", "nonsense", "1"],
            ["set", "max_retries"],
            ["set", "download_directory", "/no/such/folder"],
            ["set", "wget_executable_path", "/no/such/wget"],
            ["set", "category_images", "jpg a/b"],
            ["forget"],
        ],
        ids=" ".join,
    )
    def test_bad_usage_is_one_line(self, cli, arguments):
        result = cli("config", *arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1

    @pytest.mark.parametrize(
        "version, words",
        [
            ("wget2", "is wget2"),
            ("busybox", "wget of BusyBox"),
            ("old", "version 1.13.4, which is too old"),
            ("fail", "is not GNU wget"),
            ("no program", "does not run as GNU wget should"),
            ("not executable", "may not be executed"),
        ],
    )
    def test_a_wget_that_will_not_do_is_told_and_not_set(self, cli, tmp_path, version, words):
        wget = make_fake_wget(
            tmp_path / "fake", {"version": version if version in VERSIONS else "wget"}
        )
        if version == "no program":
            wget.write_text("no program")
        elif version == "not executable":
            wget.chmod(0o644)
        result = cli("config", "set", "wget_executable_path", str(wget))
        assert (result.returncode, result.stdout) == (2, "")
        assert words in result.stderr
        assert str(wget) in result.stderr
        assert result.stderr.count("\n") == 1
        assert cli("config", "get", "wget_executable_path").stdout == "\n"

    def test_a_wget_that_hangs_is_told_in_time_and_not_set(self, cli, tmp_path):
        wget = make_fake_wget(tmp_path / "fake", {"version": "hang"})
        result = cli("config", "set", "wget_executable_path", str(wget))  # in less than 40 s
        assert result.returncode == 2
        assert "does not run as GNU wget should" in result.stderr
        assert cli("config", "get", "wget_executable_path").stdout == "\n"

    def test_a_good_wget_is_set_by_its_path_in_full(self, cli, tmp_path, data_dir):
        wget = make_fake_wget(tmp_path / "fake")
        result = cli("config", "set", "wget_executable_path", os.path.relpath(wget, ROOT))
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        shown = cli("config", "get", "wget_executable_path").stdout
        assert Path(shown.rstrip()).is_absolute()
        assert Path(shown.rstrip()).samefile(wget)
        assert cli("config", "set", "wget_executable_path", "").returncode == 0
        assert cli("config", "get", "wget_executable_path").stdout == "\n"

    def test_an_unreadable_settings_file_is_told_and_kept(self, cli, data_dir, folder):
        data_dir.mkdir()
        (data_dir / "settings.toml").write_text("max_retries = 'three'")
        for arguments in (["config", "list"], ["config", "set", "max_retries", "1"],
                          ["add", "http://127.0.0.1/", "--to", str(folder)],
                          ["run", "--until-idle"]):  # fmt: skip
            result = cli(*arguments)
            assert result.returncode == 2
            assert "settings.toml" in result.stderr
            assert result.stderr.count("\n") == 1
        assert (data_dir / "settings.toml").read_text() == "max_retries = 'three'"


class TestChecksums:
    RIGHT = CONTENT.sha256()
    WRONG = "0" * 64

    @pytest.fixture
    def finished(self, cli, server, folder) -> str:
        url = server.serve("/a.bin", CONTENT)
        (job_id,) = added(cli, "--to", str(folder), url)
        assert cli("run", "--until-idle").returncode == 0
        return job_id

    def test_one_that_is_expected_is_checked(self, cli, server, folder):
        url = server.serve("/a.bin", CONTENT)
        added(cli, "--to", str(folder), "--checksum", f"SHA256 (a.bin) = {self.RIGHT}", url)
        (job,) = jobs(cli)
        assert (job["checksum_kind"], job["checksum"]) == ("sha256", self.RIGHT)
        assert cli("run", "--until-idle").returncode == 0
        (job,) = jobs(cli)
        assert (job["status"], job["verification"]) == ("COMPLETED", "checksum")
        assert job["checksum_found"] == self.RIGHT

    def test_a_wrong_file_fails_and_another_checksum_makes_it_right(self, cli, server, folder):
        url = server.serve("/a.bin", CONTENT)
        (job_id,) = added(cli, "--to", str(folder), "--checksum", self.WRONG, url)
        ended = cli("run", "--until-idle")
        assert ended.returncode == 1
        assert self.WRONG in ended.stdout
        assert self.RIGHT in ended.stdout
        (job,) = jobs(cli)
        assert (job["error_kind"], job["verification"]) == ("checksum", "mismatch")
        assert list(folder.iterdir()) == []
        assert cli("edit", job_id, "--checksum", self.RIGHT).returncode == 0
        assert cli("retry", job_id).returncode == 0
        assert cli("run", "--until-idle").returncode == 0
        assert jobs(cli)[0]["verification"] == "checksum"

    def test_it_can_be_taken_back(self, cli, folder):
        url = "http://127.0.0.1/a.bin"
        (job_id,) = added(cli, "--to", str(folder), "--checksum", self.RIGHT, url)
        assert cli("edit", job_id, "--checksum", "").returncode == 0
        assert jobs(cli)[0]["checksum"] is None

    @pytest.mark.parametrize(
        "arguments, words",
        [
            (["--checksum", "12ab", "http://127.0.0.1/a"], "This checksum has 4 digits."),
            (["--checksum", "", "http://127.0.0.1/a"], "The checksum is empty."),
            (["--checksum", "x" * 64, "http://127.0.0.1/a"], "made of the digits 0 to 9"),
            (["--checksum", RIGHT, "http://127.0.0.1/a", "http://127.0.0.1/b"], "one link"),
        ],
    )
    def test_a_bad_one_is_told_in_one_line_and_nothing_added(self, cli, folder, arguments, words):
        result = cli("add", "--to", str(folder), *arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert words in result.stderr
        assert result.stderr.count("\n") == 1
        assert jobs(cli) == []

    def test_a_finished_file_is_verified(self, cli, finished, folder):
        asked = cli("verify", finished)
        assert (asked.returncode, asked.stdout) == (1, "")
        assert "No checksum of a.bin is known." in asked.stderr
        right = cli("verify", finished[:8], "--checksum", self.RIGHT.upper())
        assert (right.returncode, right.stderr) == (0, "")
        assert right.stdout == f"VERIFIED  {finished}  {folder / 'a.bin'}\n"
        assert jobs(cli)[0]["verification"] == "checksum"
        # It is known from now on, and the file is read anew each time.
        (folder / "a.bin").write_bytes(b"another")
        found = hashlib.sha256(b"another").hexdigest()
        wrong = cli("verify", finished)
        assert (wrong.returncode, wrong.stderr) == (1, "")
        assert wrong.stdout == (
            f"MISMATCH  {finished}  {folder / 'a.bin'}"
            f"  expected sha256:{self.RIGHT}, found sha256:{found}\n"
        )
        (job,) = jobs(cli)
        assert (job["status"], job["verification"]) == ("COMPLETED", "mismatch")
        assert job["checksum_found"] == found

    def test_each_file_that_cannot_be_verified_is_told_in_a_line(self, cli, finished, folder):
        (folder / "a.bin").unlink()
        (waiting,) = added(cli, "--to", str(folder), "--checksum", self.RIGHT, "http://127.0.0.1/b")
        cli("verify", finished, "--checksum", self.RIGHT)
        result = cli("verify", finished, waiting)
        assert (result.returncode, result.stdout) == (1, "")
        gone, unfinished = result.stderr.splitlines()
        assert "No checksum of a.bin is known" in gone  # nothing was found, so nothing is noted
        assert "b is not finished" in unfinished
        asked = cli("verify", finished, "--checksum", self.RIGHT)
        assert (asked.returncode, asked.stdout) == (1, "")
        assert "a.bin is not there any more." in asked.stderr

    def test_what_is_asked_wrongly_is_told(self, cli, finished):
        for arguments, words in (
            (["verify", finished, "--checksum", "12"], "This checksum has 2 digits."),
            (["verify", finished, finished, "--checksum", self.RIGHT], "one ID"),
            (["verify", "nobody"], "No job has an id"),
            (["edit", finished], "give a --link, a --checksum, or both"),
            (["edit", finished, "--checksum", self.RIGHT], "a.bin is finished."),
        ):
            result = cli(*arguments)
            assert (result.returncode, result.stdout) == (2, "")
            assert words in result.stderr
            assert result.stderr.count("\n") == 1


class TestSurroundings:
    def test_a_data_folder_where_others_may_write_is_told_and_used(self, cli, data_dir, folder):
        data_dir.mkdir()
        data_dir.chmod(0o777)
        result = cli("add", "--to", str(folder), "http://127.0.0.1/a")
        assert result.returncode == 0
        assert f"chmod go-w {data_dir}" in result.stderr
        assert result.stderr.count("\n") == 1
        assert data_dir.stat().st_mode & 0o777 == 0o777
        assert {path.stat().st_mode & 0o777 for path in data_dir.iterdir()} == {0o600}

    @pytest.mark.fault(56)
    def test_a_folder_of_the_settings_that_is_gone_is_told_and_nothing_added(self, cli, folder):
        """A script is not to find its files elsewhere than where it was set up to."""
        cli("config", "set", "download_directory", str(folder))
        folder.rmdir()
        result = cli("add", "http://127.0.0.1/a")
        assert result.returncode == 2
        assert f"The folder {folder} does not exist" in result.stderr
        assert jobs(cli) == []

    def test_a_database_that_is_none_is_told_and_only_a_run_sets_it_aside(
        self, cli, data_dir, folder
    ):
        data_dir.mkdir()
        notes = b"my own notes " * 100
        (data_dir / "queue.db").write_bytes(notes)
        for arguments in (["list"], ["add", "http://127.0.0.1/", "--to", str(folder)]):
            result = cli(*arguments)
            assert result.returncode == 2
            assert "is not a database. Start dlmanager" in result.stderr
            assert result.stderr.count("\n") == 1
        assert [path.name for path in data_dir.iterdir()] == ["queue.db"]
        assert (data_dir / "queue.db").read_bytes() == notes
        result = cli("run", "--until-idle")
        assert result.returncode == 0
        assert "set aside as queue.db.corrupt-" in result.stderr
        assert result.stderr.count("\n") == 1
        (aside,) = data_dir.glob("queue.db.corrupt-*")
        assert aside.read_bytes() == notes
        assert cli("list").returncode == 0

    def test_a_database_that_is_missing_is_brought_back_by_a_run_alone(self, cli, data_dir, folder):
        added = cli("add", "http://127.0.0.1/", "--paused", "--to", str(folder)).stdout
        assert cli("run", "--until-idle").stderr == ""
        (backup,) = (data_dir / "backups").iterdir()
        assert backup.name.startswith("queue-20")
        (data_dir / "queue.db").unlink()
        for arguments in (["list"], ["add", "http://127.0.0.1/", "--to", str(folder)]):
            result = cli(*arguments)
            assert result.returncode == 2
            assert "is missing. Start dlmanager" in result.stderr
        assert not (data_dir / "queue.db").exists()
        result = cli("run", "--until-idle")
        assert result.returncode == 0
        assert "was missing. The backup of 20" in result.stderr
        assert result.stderr.count("\n") == 1
        assert added.strip() in cli("list", "--json").stdout
        assert cli("run", "--until-idle").stderr == ""

    def test_the_data_folder_may_come_from_the_environment(self, tmp_path, monkeypatch, folder):
        monkeypatch.setenv("DLMANAGER_DATA_DIR", str(tmp_path / "elsewhere"))
        subprocess.run(
            [sys.executable, "-m", "dlmanager", "add", "http://127.0.0.1/", "--to", str(folder)],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        assert (tmp_path / "elsewhere" / "queue.db").exists()

    def test_without_a_display_the_window_says_so(self, data_dir):
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
        }
        result = subprocess.run(
            command(data_dir),
            capture_output=True,
            text=True,
            env=environment,
            cwd=ROOT,
            check=False,
        )
        assert result.returncode == 2
        assert "dlmanager run" in result.stderr
        assert result.stderr.count("\n") == 1

    @pytest.mark.parametrize("display", ["", ":99"])
    def test_a_mistyped_command_is_told_about_itself_with_and_without_a_display(
        self, cli, monkeypatch, display: str
    ):
        for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DISPLAY", display)
        result = cli("frobnicate")
        assert result.returncode == 2
        assert "'frobnicate' is neither a command nor a link." in result.stderr
        assert "display" not in result.stderr
        assert result.stderr.count("\n") == 1

    @pytest.mark.parametrize("arguments", [["adds", "x"], ["--nonsense"], ["ftp://127.0.0.1/"]])
    def test_what_is_neither_command_nor_link_is_told(self, cli, arguments):
        result = cli(*arguments)
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1

    def test_help_and_version(self, cli):
        assert "add, run, list, show" in cli("--help").stdout
        assert cli("--version").stdout.startswith("dlmanager ")
        assert "--until-idle" in cli("run", "--help").stdout
        assert "143 for SIGTERM" in " ".join(cli("run", "--help").stdout.split())


def test_no_command_waits_for_qt_before_it_needs_it():
    """It takes a fifth of a second to load, longer than most commands run."""
    code = "import sys, dlmanager.cli; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
