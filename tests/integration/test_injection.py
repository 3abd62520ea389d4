"""No text that comes as a link is an option, a header, a path or a command, wherever it enters."""

import asyncio
import functools
import json
import re
import socket
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QDialog

from dlmanager import cli
from dlmanager.core.errors import InvalidUrl
from dlmanager.core.job import Status
from dlmanager.core.urls import normalise_url
from dlmanager.desktop.single_instance import InstanceServer
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.mime_links import offer_of
from dlmanager.store.job_store import JobStore
from tests.gui.fake_queue import FakeQueue, finish, free_at_once, read_at_once
from tests.integration.conftest import is_right, until
from tests.integration.loopback_server import Content

pytestmark = pytest.mark.fault(45)

HOSTILE = {
    "output option": "-O/x",
    "askpass option": "--use-askpass=/bin/sh",
    "input option": "-i/etc/passwd",
    "execute option": "-e use_askpass=/bin/sh",
    "config option": "--config=/tmp/x",
    "line break": "http://127.0.0.1/a\nhttp://127.0.0.1/b",
    "header line": "http://127.0.0.1/a\r\nCookie: x",
    "NUL": "http://127.0.0.1/a\0b",
    "tab": "http://127.0.0.1/a\tb",
    "blank": "http://127.0.0.1/a b",
    "no-break space": "http://127.0.0.1/a\xa0b",
    "wgets shorthand": "user:x@127.0.0.1",
    "no scheme": "127.0.0.1/a",
    "file": "file:///etc/passwd",
    "data": "data:text/plain,x",
    "javascript": "javascript:alert(1)",
    "ftp": "ftp://127.0.0.1/a",
    "backslashes": "http:\\\\127.0.0.1\\a",
    "backslash": "http://127.0.0.1\\@example.org/",
    "escape code": "http://127.0.0.1/\x1b]0;x\x07",
    "lone surrogate": "http://127.0.0.1/\udcff",
    "100 kB": "http://127.0.0.1/" + "x" * 100_000,
    "line separator": "http://127.0.0.1/a\u2028b",
}
NORMALISED = {
    "http://\u0430pple.example/": "http://xn--pple-43d.example/",  # a Cyrillic letter
    "http://127.1/": "http://127.0.0.1/",
    "http://0x7f000001/": "http://127.0.0.1/",
    "http://127.0.0.1/$(id)`id`;id|id&id": "http://127.0.0.1/$(id)%60id%60;id|id&id",
    "http://127.0.0.1/\u202egpj.exe": "http://127.0.0.1/%E2%80%AEgpj.exe",
    "http://127.0.0.1/%0d%0aCookie:%20x": "http://127.0.0.1/%0d%0aCookie:%20x",
    "HTTP://127.0.0.1:80/a/../../../etc/passwd": "http://127.0.0.1/etc/passwd",
}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
normalised = pytest.mark.parametrize("text, url", NORMALISED.items(), ids=ascii)


class TestTheProgrammingInterface:
    @hostile
    def test_refuses_what_is_no_link(self, run, orchestrate, folder, text: str):
        orchestrator = orchestrate()
        with pytest.raises(InvalidUrl) as refused:
            orchestrator.enqueue_download(text, folder)
        assert str(refused.value).isprintable()
        assert run(orchestrator.list_jobs()) == []

    @normalised
    def test_normalises_the_rest(self, orchestrate, folder, text: str, url: str):
        orchestrator = orchestrate()
        job_id = orchestrator.enqueue_download(text, folder)
        assert orchestrator.get_job_status(job_id).url == url


class TestTheCommandLine:
    @pytest.mark.parametrize(
        "text, way",
        [
            pytest.param(text, way, id=f"{name}, {way}")
            for name, text in HOSTILE.items()
            for way in ("argument", "after --", "file")
            # Two lines are two links in a file, each judged by itself.
            if not (way == "file" and name in ("line break", "line separator"))
        ],
    )
    def test_refuses_what_is_no_link(
        self, tmp_path: Path, folder: Path, capsys, text: str, way: str
    ):
        links = tmp_path / "links.txt"
        # Half of the lines may be good links; all or nothing is added.
        links.write_text(f"http://127.0.0.1/good\n{text}\n", errors="surrogateescape")
        given = {"argument": [text], "after --": ["--", text], "file": ["--from-file", str(links)]}
        data_dir = tmp_path / "data"
        try:
            status = cli.run(["--data-dir", str(data_dir), "add", "--to", str(folder), *given[way]])
        except SystemExit as ended:  # argparse refused it as an option
            status = ended.code
        assert status == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert "\x1b" not in told.err
        assert not data_dir.exists() or JobStore(data_dir / "queue.db").list_jobs() == []

    @normalised
    def test_normalises_the_rest(self, tmp_path, folder, capsys, text: str, url: str):
        data_dir = tmp_path / "data"
        assert cli.run(["--data-dir", str(data_dir), "add", "--to", str(folder), text]) == 0
        (job,) = JobStore(data_dir / "queue.db").list_jobs()
        assert job.url == url


@pytest.fixture
def queue(qapp) -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def window(qtbot, queue: FakeQueue, folder: Path) -> MainWindow:
    made = MainWindow(
        queue,
        start_task=finish,
        download_directory=str(folder),
        open_file=lambda path: None,
        open_in_browser=lambda link: False,
        show_in_folder=lambda path, failed: None,
        move_to_trash=functools.partial(asyncio.sleep, 0, True),
        make_settings_dialog=QDialog,
        make_about_dialog=QDialog,
        read_link_file=read_at_once,
        free_bytes=free_at_once,
        tray_is_available=lambda: False,
    )
    qtbot.addWidget(made, before_close_func=lambda widget: widget.close_for_good())
    return made


@pytest.mark.qt_log_ignore("^This plugin does not support")
class TestTheWindow:
    @hostile
    @pytest.mark.parametrize("kind", ["text/uri-list", "text/plain", "text/html", "text/x-moz-url"])
    def test_drops_what_is_no_link(self, window, queue: FakeQueue, text: str, kind: str):
        mime = QMimeData()
        data = f"<a href='{text}'>x</a>" if kind == "text/html" else text
        mime.setData(kind, data.encode(errors="replace"))
        window.add_links(offer_of(mime).read_links())
        for order in queue.orders:  # a part of the text that is a link by itself may be taken
            assert order.url.isascii()
            assert order.url.startswith("http://127.0.0.1")
            assert order.url.isprintable()
            assert " " not in order.url
            assert len(order.url) < 200

    @hostile
    def test_takes_nothing_else_from_a_second_start(
        self, window, queue: FakeQueue, tmp_path: Path, qtbot, text: str
    ):
        server = InstanceServer(tmp_path / "socket")
        heard: list[list[str]] = []
        server.links_received.connect(window.add_links)
        server.links_received.connect(heard.append)
        assert server.listen() is None
        with socket.socket(socket.AF_UNIX) as second:
            second.connect(str(tmp_path / "socket"))
            second.sendall(json.dumps({"links": [text]}).encode() + b"\n")
            qtbot.waitUntil(lambda: bool(heard), timeout=10_000)
        server.close()
        assert heard == [[text]]
        assert queue.orders == []


@pytest.mark.parametrize(
    "path",
    [
        "/$(touch${IFS}MARK)",
        "/`touch${IFS}MARK`",
        "/;touch${IFS}MARK;",
        "/|touch${IFS}MARK|",
        "/-O-",
        "/--use-askpass=MARK",
        "/-e",
        "/%0d%0aX-Injected:%201",
        "/%00a",
        "/%2e%2e%2f%2e%2e%2fMARK",
        "/a;type=a",
        "/[a-z]*?x={1..9}",
        "/@MARK",
    ],
)
def test_wget_takes_a_link_for_nothing_but_a_link(
    run, server, orchestrate, folder, tmp_path, path: str
):
    """What could be a command, an option, a header or a pattern is one request for one file."""
    content = Content(size=5_000, seed=3)
    url = server.url(path)
    server.serve(wire_path(url), content)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(url, folder)
        job = await until(orchestrator, job_id, Status.COMPLETED)
        assert is_right(job.path, content)
        assert Path(job.path).parent == folder

    run(scenario())
    (request,) = server.requests
    assert request.path == wire_path(url)
    assert "x-injected" not in request.headers
    assert len(list(folder.iterdir())) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "downloads"]
    assert not Path("MARK").exists()
    assert not list((tmp_path / "data").rglob("MARK"))


def wire_path(url: str) -> str:
    """The path as wget asks for it: it percent-encodes a few characters more than we do."""
    path = normalise_url(url).partition("127.0.0.1")[2].partition("/")[2].partition("?")[0]
    return "/" + re.sub(r"[|{}^]", lambda found: f"%{ord(found[0]):02X}", path)
