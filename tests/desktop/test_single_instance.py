"""A window that listens, later starts as real child processes, and strangers on raw sockets."""

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dlmanager.desktop import single_instance
from dlmanager.desktop.single_instance import (
    MAX_CONVERSATIONS,
    MAX_MESSAGE_BYTES,
    InstanceServer,
    hand_over,
)

ROOT = Path(__file__).parents[2]
_LATER_START = """
import json, sys
from pathlib import Path
from dlmanager.desktop.single_instance import hand_over
links = json.loads(sys.stdin.read())
sys.exit(0 if hand_over(Path(sys.argv[1]), links) else 1)
"""


class Window:
    """What the first start is: a server, and the links that came."""

    def __init__(self, path: Path, qtbot: QtBot) -> None:
        self.path = path
        self.received: list[list[str]] = []
        self.server = InstanceServer(path)
        self.server.links_received.connect(self.received.append)
        self._qtbot = qtbot

    def wait(self, count: int) -> None:
        self._qtbot.waitUntil(lambda: len(self.received) >= count, timeout=15_000)

    def wait_for(self, child: subprocess.Popen[bytes]) -> int:
        self._qtbot.waitUntil(lambda: child.poll() is not None, timeout=15_000)
        assert child.returncode is not None
        return child.returncode

    def wait_until_dropped(self, stranger: socket.socket) -> bytes:
        """What the server sends before it ends the connection."""
        received = bytearray()

        def is_over() -> bool:
            try:
                # For this call alone: whether the socket blocks is shared with all its duplicates.
                chunk = stranger.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except ConnectionResetError:
                return True
            received.extend(chunk)
            return not chunk

        self._qtbot.waitUntil(is_over, timeout=15_000)
        return bytes(received)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dlmanager.socket"


@pytest.fixture
def window(path: Path, qtbot: QtBot) -> Iterator[Window]:
    window = Window(path, qtbot)
    assert window.server.listen() is None
    yield window
    window.server.close()


@contextlib.contextmanager
def later_start(path: Path, links: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", _LATER_START, str(path)], stdin=subprocess.PIPE, cwd=ROOT
    ) as child:
        try:
            assert child.stdin is not None
            child.stdin.write(json.dumps(list(links)).encode())
            child.stdin.close()
            yield child
        finally:
            child.kill()


@contextlib.contextmanager
def stranger(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(str(path))
        yield made


class TestALaterStart:
    @pytest.mark.parametrize(
        "links",
        [
            [],
            ["http://127.0.0.1/a"],
            ["http://127.0.0.1/a", 'http://127.0.0.1/"\\\n', "höflich 例え 😀"],
            [f"http://127.0.0.1/{number}" for number in range(10_000)],
        ],
        ids=["none", "one", "odd ones", "very many"],
    )
    def test_hands_its_links_over(self, window: Window, links: list[str]):
        with later_start(window.path, links) as child:
            assert window.wait_for(child) == 0
        window.wait(1)
        assert window.received == [links]

    def test_and_several_at_once_are_all_heard(self, window: Window):
        with contextlib.ExitStack() as stack:
            children = [
                stack.enter_context(later_start(window.path, [f"http://127.0.0.1/{number}"]))
                for number in range(4)
            ]
            assert [window.wait_for(child) for child in children] == [0] * 4
        window.wait(4)
        assert sorted(links[0][-1] for links in window.received) == ["0", "1", "2", "3"]

    def test_is_not_kept_waiting_by_one_that_says_nothing(self, window: Window):
        with stranger(window.path) as silent, later_start(window.path, ["x"]) as child:
            silent.send(b'{"links": [')
            assert window.wait_for(child) == 0
        window.wait(1)
        assert window.received == [["x"]]

    def test_is_told_when_nobody_listens(self, path: Path, qapp: QApplication):
        began_at = time.monotonic()
        assert not hand_over(path, ["x"])
        assert time.monotonic() - began_at < 2

    def test_is_told_when_the_window_has_closed(self, window: Window):
        window.server.close()
        assert not hand_over(window.path, ["x"])
        assert window.received == []

    @pytest.mark.parametrize(
        "answer",
        [b"no\n", b"", b"taken", b"\0" * 5000 + b"\n", b"x" * 5_000_000],
        ids=["another word", "none", "half a word", "garbage", "very much"],
    )
    def test_is_told_when_something_else_answers(self, path: Path, answer: bytes):
        with _answering(path, answer), later_start(path, ["x"]) as child:
            assert child.wait(15) == 1

    def test_does_not_wait_for_ever(
        self, path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(single_instance, "ANSWER_TIMEOUT_MS", 100)
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.bind(str(path))
            deaf.listen()
            began_at = time.monotonic()
            assert not hand_over(path, ["x"])
            assert 0.09 < time.monotonic() - began_at < 5

    def test_says_what_was_agreed(self, path: Path):
        links = ["http://127.0.0.1/a"]
        with _answering(path, b"taken\n") as heard, later_start(path, links) as child:
            assert child.wait(15) == 0
        assert json.loads(heard[0]) == {"links": links}


@contextlib.contextmanager
def _answering(path: Path, answer: bytes) -> Iterator[list[bytes]]:
    """Somebody else who listens there, reads one line and gives an answer."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                heard.append(lines.readline())
                with contextlib.suppress(OSError):  # whoever hears too much hangs up
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield heard
        thread.join(10)
        assert not thread.is_alive()


class TestStrangers:
    @pytest.mark.parametrize(
        "message",
        [
            b"\n",
            b"nonsense\n",
            b"\xff\xfe\0\n",
            b"null\n",
            b"7\n",
            b"{}\n",
            b"[]\n",
            b'["http://127.0.0.1/a"]\n',
            b'{"links": null}\n',
            b'{"links": "http://127.0.0.1/a"}\n',
            b'{"links": ["http://127.0.0.1/a", 7]}\n',
            b'{"links": {"a": "b"}}\n',
            b'{"links": ["http://127.0.0.1/a"], "run": "x"}\n',
            b'{"Links": ["http://127.0.0.1/a"]}\n',
            '{"links": ["http://127.0.0.1/a"]}\n'.encode("utf-16"),
            b'{"links": [NaN]}\n',
            b"GET / HTTP/1.1\r\n\r\n",
            b"[" * 100_000 + b"\n",
            b'{"links": [' + b"9" * 5_000 + b"]}\n",
        ],
        ids=lambda message: ascii(message)[:50],
    )
    def test_that_talk_nonsense_are_dropped(self, window: Window, message: bytes):
        with stranger(window.path) as other:
            other.sendall(message)
            assert window.wait_until_dropped(other) == b""
        assert window.received == []

    def test_that_say_too_much_are_dropped(self, window: Window):
        too_much = b"x" * (MAX_MESSAGE_BYTES + 200_000)
        with stranger(window.path) as other, _sending(other, too_much):
            assert window.wait_until_dropped(other) == b""
        assert window.received == []

    def test_that_say_just_enough_are_heard(self, window: Window):
        frame = b'{"links": [""]}\n'
        link = "x" * (MAX_MESSAGE_BYTES - len(frame))
        message = b'{"links": ["' + link.encode() + b'"]}\n'
        with stranger(window.path) as other, _sending(other, message):
            window.wait(1)
            assert window.wait_until_dropped(other) == b"taken\n"
        assert window.received == [[link]]

    @pytest.mark.parametrize("half", [b"", b'{"links": ["http://127.0.0.1/a"]}'])
    def test_that_leave_in_the_middle_of_a_line_leave_nothing(self, window: Window, half: bytes):
        with stranger(window.path) as other:
            other.sendall(half)
        with stranger(window.path) as other:
            other.sendall(b'{"links": ["after"]}\n')
            window.wait(1)
        assert window.received == [["after"]]

    def test_that_speak_slowly_are_heard_at_the_end_of_the_line(self, window: Window, qtbot: QtBot):
        message = b'{"links": ["http://127.0.0.1/a"]}\n'
        with stranger(window.path) as other:
            for byte in message[:-1]:
                other.sendall(bytes([byte]))
                QApplication.processEvents()
            assert window.received == []
            other.sendall(message[-1:])
            assert window.wait_until_dropped(other) == b"taken\n"
        assert window.received == [["http://127.0.0.1/a"]]

    def test_are_heard_once_however_many_lines_they_send(self, window: Window):
        with stranger(window.path) as other:
            other.sendall(b'{"links": ["a"]}\n{"links": ["b"]}\n')
            window.wait_until_dropped(other)
        assert window.received == [["a"]]

    def test_that_never_come_to_the_end_are_dropped_after_a_while(
        self, window: Window, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
    ):
        monkeypatch.setattr(single_instance, "MESSAGE_TIMEOUT_MS", 300)
        with stranger(window.path) as silent, stranger(window.path) as dripping:
            dripping.send(b'{"links": [')
            began_at = time.monotonic()
            assert window.wait_until_dropped(silent) == b""
            assert window.wait_until_dropped(dripping) == b""
            assert time.monotonic() - began_at > 0.25
        assert window.received == []

    def test_in_a_crowd_are_dropped_but_for_a_few(self, window: Window, qtbot: QtBot):
        with contextlib.ExitStack() as stack:
            for _ in range(MAX_CONVERSATIONS):
                stack.enter_context(stranger(window.path))
            qtbot.waitUntil(lambda: len(window.server.children()) > MAX_CONVERSATIONS)
            one_more = stack.enter_context(stranger(window.path))
            assert window.wait_until_dropped(one_more) == b""
        # Once they have gone there is room again.
        with later_start(window.path, ["x"]) as child:
            assert window.wait_for(child) == 0
        assert window.received == [["x"]]
        qtbot.waitUntil(lambda: len(window.server.children()) == 1)

    def test_that_are_still_talking_are_dropped_at_the_end(self, window: Window):
        with stranger(window.path) as other:
            other.send(b'{"links": [')
            QApplication.processEvents()
            window.server.close()
            assert window.wait_until_dropped(other) == b""


NOBODY = 65534
AS_NOBODY = """
import os, socket, sys
path, role = sys.argv[1:]
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as made:
    if role == "client":
        made.connect(path)
        try:
            made.sendall(b'{"links": ["http://127.0.0.1/a"]}\\n')
            sys.exit(0 if made.recv(100) == b"" else 1)
        except ConnectionError:
            sys.exit(0)
    made.bind(path); made.listen(); os.chmod(path, 0o777)
    print("listening", flush=True)
    connection, _ = made.accept()
    connection.settimeout(10)
    sys.exit(0 if connection.recv(100) == b"" else 1)
"""
as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs a second user")


class TestAnotherUser:
    """Even where the mode of socket and folder would let them in."""

    @pytest.fixture
    def open_path(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o777)
            yield Path(folder) / "socket"

    @as_root
    def test_is_not_listened_to(self, open_path: Path, qtbot: QtBot):
        window = Window(open_path, qtbot)
        assert window.server.listen() is None
        open_path.chmod(0o777)
        with subprocess.Popen([sys.executable, "-c", AS_NOBODY, str(open_path), "client"]) as child:
            assert window.wait_for(child) == 0
        assert window.received == []
        window.server.close()

    @as_root
    def test_gets_no_links(self, open_path: Path, qapp: QApplication):
        with subprocess.Popen(
            [sys.executable, "-c", AS_NOBODY, str(open_path), "server"], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"listening\n"
            assert not hand_over(open_path, ["http://127.0.0.1/secret"])
            assert child.wait(15) == 0

    def test_is_told_by_the_system_and_not_by_its_words(
        self, window: Window, monkeypatch: pytest.MonkeyPatch
    ):
        uid = os.getuid()
        with monkeypatch.context() as patch:
            patch.setattr(os, "getuid", lambda: uid + 1)
            with stranger(window.path) as other:
                other.sendall(b'{"links": ["http://127.0.0.1/a"]}\n')
                assert window.wait_until_dropped(other) == b""
            assert not hand_over(window.path, ["x"])
        assert window.received == []


@contextlib.contextmanager
def _sending(other: socket.socket, data: bytes) -> Iterator[None]:
    """Send more than the kernel holds, while the test runs the server."""

    def send() -> None:
        with contextlib.suppress(OSError):  # whoever hears too much hangs up
            other.sendall(data)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # the server was first
            other.shutdown(socket.SHUT_RDWR)  # nobody reads any more: it ends the sending
        thread.join(10)
        assert not thread.is_alive()


class TestTheSocket:
    def test_is_for_this_user_alone(self, window: Window):
        mode = window.path.stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert mode & 0o077 == 0
        assert window.path.stat().st_uid == os.getuid()

    def test_that_a_killed_window_left_is_in_nobodys_way(self, path: Path, qtbot: QtBot):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
            dead.listen()
        assert path.is_socket()
        assert not hand_over(path, ["x"])
        window = Window(path, qtbot)
        assert window.server.listen() is None
        with later_start(path, ["x"]) as child:
            assert window.wait_for(child) == 0
        assert window.received == [["x"]]
        window.server.close()

    def test_is_gone_after_closing(self, window: Window):
        window.server.close()
        assert not window.path.exists()

    def test_in_a_folder_that_is_not_there_cannot_be_made(self, tmp_path: Path, qtbot: QtBot):
        window = Window(tmp_path / "gone" / "socket", qtbot)
        assert window.server.listen() == "QLocalServer::listen: Name error"
        window.server.close()

    @pytest.mark.parametrize(
        "length, reason",
        [(106, None), (107, "a socket's path has 106 bytes at most, and this one 107")],
    )
    def test_of_a_long_path(self, runtime: Path, qtbot: QtBot, length: int, reason: str | None):
        path = runtime / ("x" * (length - len(str(runtime)) - 1))
        window = Window(path, qtbot)
        assert window.server.listen() == reason
        assert path.is_socket() == (reason is None)
        window.server.close()
