"""What is told to a download in confidence is nowhere to be read while it runs, nor afterwards."""

import base64
import contextlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from dlmanager import cli
from tests.integration.conftest import MEGABYTE, is_right
from tests.integration.loopback_server import Exchange, Gate, LoopbackServer, ok, text_answer

ROOT = Path(__file__).parent.parent.parent
MARKER = "hunter2marker"
USER, PASSWORD = f"{MARKER}user", f"{MARKER}password"
COOKIE = f"session={MARKER}cookie"
BEARER = f"Bearer {MARKER}bearer"
PROXY_PASSWORD = f"{MARKER}proxy"


class Told(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    text: str


Dlmanager = Callable[..., Told]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def command(data_dir: Path) -> Callable[..., list[str]]:
    return lambda *arguments: [
        sys.executable, "-m", "dlmanager", "--data-dir", str(data_dir), *arguments
    ]  # fmt: skip


@pytest.fixture
def dlmanager(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Dlmanager:
    """Runs a command in this process, as that is faster; its own list of arguments stays."""
    monkeypatch.setattr(cli, "hide_arguments", lambda arguments: None)

    def run(*arguments: str, stdin: str = "") -> Told:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        status = cli.run(["--data-dir", str(data_dir), *arguments])
        return Told(status, "".join(capfd.readouterr()))

    return run


@pytest.fixture
def running(command, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `dlmanager run --until-idle`; its output goes to a file."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "output").open("wb") as output:
            process = subprocess.Popen(
                command("run", "--until-idle"),
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, **environment},
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(20)


def seen_in_processes(root: psutil.Process) -> list[str]:
    """What anybody can read of a process and its children, and what their environments hold."""
    seen = []
    for process in (root, *root.children(recursive=True)):
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):  # it has just ended
                seen.append(
                    Path(f"/proc/{process.pid}/{name}").read_bytes().decode(errors="replace")
                )
    return seen


def files_with_marker(folder: Path) -> set[str]:
    """The names of the files that hold a secret, as it is or in base64."""
    marks = [MARKER.encode(), base64.b64encode(f"{USER}:{PASSWORD}".encode())]
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(mark in path.read_bytes() for mark in marks)
    }


def until_only_the_store_has_it(data_dir: Path) -> None:
    """wget's own file goes as soon as it is noticed that wget has begun."""
    end_at = time.monotonic() + 20
    while (found := files_with_marker(data_dir)) != {"secrets.json"} and time.monotonic() < end_at:
        for path in data_dir.rglob("*.wgetrc"):
            with contextlib.suppress(FileNotFoundError):
                assert path.stat().st_mode & 0o777 == 0o600
        time.sleep(0.05)
    assert found == {"secrets.json"}


def demands(name: str, value: str) -> Callable[[Exchange], None]:
    def behave(exchange: Exchange) -> None:
        if exchange.request.headers.get(name) == value:
            ok()(exchange)
        else:
            exchange.answer(text_answer(403, ("Set-Cookie", f"theirs={MARKER}; Path=/")))

    return behave


def repeats_authorization(exchange: Exchange) -> None:
    """Refuse, and say in a harmless header what was sent."""
    sent = exchange.request.headers.get("authorization", "nothing")
    exchange.answer(text_answer(401, ("WWW-Authenticate", 'Basic realm="x"'), ("X-Echo", sent)))


def logs_of_attempts(data_dir: Path) -> list[str]:
    """wget's words as they are kept in the database."""
    with contextlib.closing(sqlite3.connect(data_dir / "queue.db")) as raw:
        return [log for (log,) in raw.execute("SELECT log FROM DOWNLOAD_ATTEMPT")]


@pytest.mark.fault(46)
def test_secrets_are_in_no_process_list_log_database_or_output(
    server: LoopbackServer, folder: Path, data_dir: Path, tmp_path: Path, dlmanager, running
):
    headers = tmp_path / "headers"
    headers.write_text(f"Cookie: {COOKIE}\n# a remark\n\nX-Token: {BEARER}\n")
    link = server.serve("/a.bin", MEGABYTE, credentials=(USER, PASSWORD))
    link = link.replace("://", f"://{USER}:{PASSWORD}@")
    server.serve("/b.bin", MEGABYTE)
    server.on("/b.bin", demands("cookie", COOKIE))
    server.serve("/c.bin", MEGABYTE)
    server.on("/c.bin", demands("authorization", BEARER))
    wrong = server.serve("/d.bin", MEGABYTE, credentials=("somebody", "else"))
    wrong = wrong.replace("://", f"://{USER}:{PASSWORD}@")
    server.on("/d.bin", repeats_authorization)
    gates: list[Gate] = [server.hold(f"/{name}.bin", 500_000) for name in "abc"]
    told = [
        dlmanager("add", "--to", str(folder), "--retries", "0", link),
        dlmanager("add", "--to", str(folder), "--header-file", str(headers), server.url("/b.bin")),
        dlmanager(
            "add", "--to", str(folder), "--header", f"Authorization: {BEARER}", server.url("/c.bin")
        ),
        dlmanager("add", "--to", str(folder), "--retries", "0", "--from-file", "-", stdin=wrong),
        dlmanager("config", "set", "proxy", f"http://{USER}:{PROXY_PASSWORD}@127.0.0.1:1"),
        dlmanager("config", "get", "proxy"),
        dlmanager("config", "list"),
        dlmanager("config", "set", "proxy", ""),
        dlmanager("config", "set", "max_concurrent_downloads", "4"),
    ]
    assert [each.status for each in told] == [0] * len(told)
    assert told[5].text == "http://127.0.0.1:1/\n"
    process = running()
    for gate in gates:
        assert gate.reached.wait(30)
    texts = seen_in_processes(psutil.Process(process.pid))
    assert sum("wget" in text for text in texts) >= 3
    assert MARKER not in "".join(texts)
    until_only_the_store_has_it(data_dir)
    assert (data_dir / "secrets.json").stat().st_mode & 0o777 == 0o600
    for gate in gates:
        gate.release()
    assert process.wait(40) == 1  # the one with the wrong password
    told += [dlmanager("list", "--json"), dlmanager("list")]
    jobs = json.loads(told[-2].text)
    told += [dlmanager("show", job["id"]) for job in jobs]
    assert [job["error_kind"] for job in jobs] == [None, None, None, "auth"]
    assert all(is_right(folder / f"{name}.bin", MEGABYTE) for name in "abc")
    assert MARKER not in "".join(each.text for each in told)
    assert MARKER not in (tmp_path / "output").read_text()
    until_only_the_store_has_it(data_dir)
    logs = logs_of_attempts(data_dir)
    assert len(logs) == 4
    assert all("HTTP request sent" in log for log in logs)
    assert MARKER not in "".join(logs)
    assert "X-Echo: Basic ***" in "".join(logs)
    assert (data_dir / "logs" / "dlmanager.log").stat().st_size > 0


@pytest.mark.fault(46)
def test_a_password_given_as_an_argument_leaves_the_process_list(
    command, server: LoopbackServer, folder: Path
):
    process = subprocess.Popen(
        command("add", "--to", str(folder), "--from-file", "-", f"http://{USER}:{PASSWORD}@h/a"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        try:  # it waits for links, so there is time to look
            seen = Path(f"/proc/{process.pid}/cmdline")
            for _ in range(200):
                if seen.read_text().startswith("dlmanager"):
                    break
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.1)
            assert seen.read_text().startswith("dlmanager")
            assert MARKER not in seen.read_text()
            output, _ = process.communicate(b"", timeout=30)
            assert output.count(b"\n") == 1
        finally:
            process.kill()


@pytest.mark.fault(46)
def test_the_password_of_the_proxy_is_unseen_while_it_is_used(
    server: LoopbackServer, folder: Path, data_dir: Path, tmp_path: Path, dlmanager, running
):
    server.serve("/a.bin", MEGABYTE)
    server.on("http://files.invalid/a.bin", lambda each: ok(each.server.resource("/a.bin"))(each))
    gate = server.hold("http://files.invalid/a.bin", 500_000)
    port = server.url("/").rsplit(":", 1)[1]
    dlmanager("config", "set", "proxy", f"http://{USER}:{PROXY_PASSWORD}@127.0.0.1:{port}")
    assert dlmanager("add", "--to", str(folder), "http://files.invalid/a.bin").status == 0
    process = running()
    assert gate.reached.wait(30)
    assert "proxy-authorization" in server.requests[0].headers
    texts = seen_in_processes(psutil.Process(process.pid))
    assert MARKER not in "".join(texts)
    until_only_the_store_has_it(data_dir)
    gate.release()
    assert process.wait(30) == 0
    assert is_right(folder / "a.bin", MEGABYTE)
    assert MARKER not in (tmp_path / "output").read_text()


@pytest.mark.fault(44)
def test_nothing_of_our_surroundings_has_a_say(
    server: LoopbackServer, folder: Path, tmp_path: Path, dlmanager, running
):
    """With a configuration file of ours and without."""
    home = Path(os.environ["HOME"])
    hostile = "header = X-Hostile: 1\nuser_agent = hostile\nuser = a\npassword = b\nspider = on\n"
    for name in (".wgetrc", "WGETRC", "SYSTEM_WGETRC"):
        (home / name).write_text(hostile + "http_proxy = http://127.0.0.1:1/\n")
    (home / ".netrc").write_text("machine 127.0.0.1 login a password b\ndefault login a\n")
    (home / ".netrc").chmod(0o600)
    for name in "ab":
        server.serve(f"/{name}.bin", MEGABYTE)
    wanted = server.serve("/c.bin", MEGABYTE, credentials=("x", "y"))
    assert dlmanager("add", "--to", str(folder), server.url("/a.bin")).status == 0
    with_header = ("--header", "Cookie: a=b", server.url("/b.bin"))
    assert dlmanager("add", "--to", str(folder), *with_header).status == 0
    assert dlmanager("add", "--to", str(folder), "--retries", "0", wanted).status == 0
    process = running(
        WGETRC=str(home / "WGETRC"),
        SYSTEM_WGETRC=str(home / "SYSTEM_WGETRC"),
        SSLKEYLOGFILE=str(tmp_path / "keys"),
        http_proxy="http://127.0.0.1:1/",
        https_proxy="http://127.0.0.1:1/",
        LANGUAGE="de",
    )
    assert process.wait(40) == 1  # the one that a user name of ~/.netrc would be sent for
    assert is_right(folder / "a.bin", MEGABYTE)
    assert is_right(folder / "b.bin", MEGABYTE)
    assert not (folder / "c.bin").exists()
    assert not (tmp_path / "keys").exists()
    for request in server.requests:
        assert "x-hostile" not in request.headers
        assert "authorization" not in request.headers
        assert request.headers["user-agent"].startswith("dlmanager/")
    assert {request.headers.get("cookie") for request in server.requests} == {None, "a=b"}
