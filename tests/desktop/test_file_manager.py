import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QApplication

from dlmanager.core.errors import CannotOpen
from dlmanager.desktop import file_manager_bus
from dlmanager.desktop.file_manager import open_file, show_in_folder


class Opened:
    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.paths: list[str] = []

    def __call__(self, url: QUrl) -> bool:
        self.paths.append(url.toLocalFile())
        return self.answer


@pytest.fixture
def opened() -> Opened:
    return Opened()


def shown(path: str, opened: Opened) -> bool:
    """Whether a file was shown in its folder, as far as can be told at once."""
    failures: list[bool] = []
    show_in_folder(path, lambda: failures.append(True), open_url=opened)
    return not failures


@pytest.fixture(autouse=True)
def applications(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system whose programs open anything; returns the folder in which it lists them."""
    system = tmp_path_factory.mktemp("system")
    for name in ("XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.setenv(name, str(system))
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    folder = system / "applications"
    folder.mkdir()
    (folder / "mimeinfo.cache").write_text("[MIME Cache]\napplication/octet-stream=any.desktop;\n")
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system asks for a program")
def test_where_no_program_is_listed_for_a_file_none_is_started(
    opened: Opened, tmp_path: Path, applications: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    cache = applications / "mimeinfo.cache"
    cache.write_text("[MIME Cache]\nimage/png=viewer.desktop;\napplication/pdf=\n")
    with pytest.raises(CannotOpen, match=r"No program is known that opens \.pdf files\."):
        open_file(str(tmp_path / "a.pdf"), open_url=opened)
    assert opened.paths == []
    (applications / "mimeapps.list").write_text("[Added Associations]\napplication/pdf=a.desktop\n")
    open_file(str(tmp_path / "a.pdf"), open_url=opened)
    (applications / "mimeapps.list").unlink()
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")  # which asks for a program by itself
    open_file(str(tmp_path / "a.pdf"), open_url=opened)
    assert len(opened.paths) == 2


@pytest.fixture(autouse=True)
def no_bus(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_manager_bus, "ask_to_show", lambda path, otherwise: otherwise())


def test_a_file_is_opened_with_its_program(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "50% off #1.iso"
    path.touch()
    open_file(str(path), open_url=opened)
    assert opened.paths == [str(path)]


def test_a_file_that_is_gone_is_not_opened(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(
        CannotOpen, match=r"gone\.iso is not there any more\. It may have been moved"
    ):
        open_file(str(tmp_path / "gone.iso"), open_url=opened)
    assert opened.paths == []


@pytest.mark.parametrize(
    "name, words",
    [("a.iso", "No program is known that opens .iso files."), ("a", "opens this kind of file.")],
)
def test_a_file_that_no_program_opens_is_not_said_to_be_gone(
    opened: Opened, tmp_path: Path, name: str, words: str
) -> None:
    opened.answer = False
    (tmp_path / name).touch()
    with pytest.raises(CannotOpen) as error:
        open_file(str(tmp_path / name), open_url=opened)
    assert words in str(error.value)
    assert "moved" not in str(error.value)


def test_a_system_that_opens_nothing_is_told(opened: Opened) -> None:
    opened.answer = False
    assert not shown(__file__, opened)


@pytest.mark.parametrize("what", ["file", "gone", "folder"])
def test_without_a_file_manager_on_the_bus_the_folder_is_opened(
    opened: Opened, tmp_path: Path, what: str
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    assert shown(str(tmp_path / what), opened)
    assert opened.paths == [str(folder if what == "folder" else tmp_path)]


def test_a_folder_that_is_gone_is_told(opened: Opened, tmp_path: Path) -> None:
    assert not shown(str(tmp_path / "gone" / "file"), opened)
    assert opened.paths == []


_SCRIPT = """
import sys
from PySide6.QtCore import QCoreApplication, QObject, QTimer, ClassInfo, Slot
from PySide6.QtDBus import QDBusConnection
from dlmanager.desktop.file_manager import show_in_folder

app = QCoreApplication([])

@ClassInfo({"D-Bus Interface": "org.freedesktop.FileManager1"})
class Mock(QObject):
    @Slot("QStringList", str)
    def ShowItems(self, links, startup_id):
        print("shown", *links, flush=True)
        app.quit()

def opened(url):
    print("opened", url.toLocalFile(), flush=True)
    app.quit()
    return sys.argv[1] != "with nothing"

def failed():
    print("told", flush=True)

if sys.argv[1] == "with":
    bus = QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, "mock")
    mock = Mock()
    assert bus.registerObject(
        "/org/freedesktop/FileManager1", mock, QDBusConnection.RegisterOption.ExportAllSlots
    )
    assert bus.registerService("org.freedesktop.FileManager1")
QTimer.singleShot(20000, app.quit)
QTimer.singleShot(0, lambda: show_in_folder(sys.argv[2], failed, open_url=opened))
app.exec()
"""


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-run-session") is None,
    reason="needs a session bus of its own",
)
@pytest.mark.parametrize("manager_there", ["with", "without", "with nothing"])
def test_on_a_real_bus_the_file_is_marked_or_its_folder_opened(
    tmp_path: Path, manager_there: str
) -> None:
    path = tmp_path / "a b.iso"
    path.touch()
    command = ["dbus-run-session", "--", sys.executable, "-c", _SCRIPT, manager_there, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    expected = {
        "with": f"shown {path.as_uri()}",
        "without": f"opened {tmp_path}",
        "with nothing": f"opened {tmp_path}\ntold",
    }[manager_there]
    assert done.stdout.strip() == expected, done.stderr
