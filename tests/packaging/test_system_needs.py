import os
import shutil
import sys
from pathlib import Path

import pytest

from .dev_script import load

system_needs = load("system_needs")
Needs = system_needs.Needs

LDD_OUTPUT = """\
/x/PySide6/Qt/plugins/platforms/libqxcb.so:
\tlinux-vdso.so.1 (0x00007ffd)
\tlibQt6Gui.so.6 => /x/PySide6/Qt/lib/libQt6Gui.so.6 (0x00007f1)
\tlibxcb-icccm.so.4 => not found
\tlibEGL.so.1 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f2)
/x/PySide6/QtGui.abi3.so:
\tlibEGL.so.1 => not found
"""

COMPLETE = "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n"


@pytest.mark.parametrize(
    ("output", "sonames"),
    [
        (LDD_OUTPUT, ("libEGL.so.1", "libxcb-icccm.so.4")),
        (COMPLETE, ()),
        ("\tnot a dynamic executable\n", ()),
        ("", ()),
    ],
    ids=["some missing", "complete", "static", "empty"],
)
def test_missing_libraries_are_read_from_ldd_once_each(output, sonames):
    assert system_needs.read_missing(output) == sonames


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
        ("libGL.so.1", "libgl1"),
        ("libEGL.so.1", "libegl1"),
        ("libxkbcommon.so.0", "libxkbcommon0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libfontconfig.so.1", "libfontconfig1"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxcb-icccm.so.4", "libxcb-icccm4"),
        ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libX11.so.6", "libx11-6"),
        ("libgssapi_krb5.so.2", "libgssapi-krb5-2"),
        ("libz.so.1", "zlib1g"),
    ],
    ids=lambda value: value,
)
def test_debian_names_follow_the_soname(soname, package):
    assert system_needs.debian_candidates(soname) == (package, f"{package}t64")


@pytest.mark.parametrize(
    ("held", "package"),
    [
        ({"libglib2.0-0"}, "libglib2.0-0"),
        ({"libglib2.0-0t64"}, "libglib2.0-0t64"),
        ({"libglib2.0-0", "libglib2.0-0t64"}, "libglib2.0-0"),
        (set(), "libglib2.0-0"),
    ],
    ids=["Debian 12", "Debian 13", "both", "no package lists"],
)
def test_the_name_that_the_package_lists_hold_is_chosen(held, package):
    sonames = ("libglib-2.0.so.0", "libgthread-2.0.so.0")
    chosen = system_needs.choose_debian_packages(sonames, held.intersection)
    assert chosen == (package,)


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libEGL.so.1", "libglvnd"),
        ("libglib-2.0.so.0", "glib2"),
        ("libgthread-2.0.so.0", "glib2"),
        ("libgssapi_krb5.so.2", "krb5"),
        ("libxcb.so.1", "libxcb"),
        ("libxcb-shape.so.0", "libxcb"),
        ("libxcb-render-util.so.0", "xcb-util-renderutil"),
        ("libxcb-icccm.so.4", "xcb-util-wm"),
        ("libz.so.1", "zlib"),
        ("libzstd.so.1", "zstd"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11"),
    ],
    ids=lambda value: value,
)
def test_arch_names_come_from_the_longest_fitting_beginning(soname, package):
    assert system_needs.arch_package(soname) == package


NEEDS = Needs(libraries=("libEGL.so.1",), programs=("wget",))


@pytest.mark.parametrize(
    ("manager", "is_root", "line"),
    [
        (
            "apt-get",
            False,
            "sudo apt-get update && sudo apt-get install --no-install-recommends wget libegl1",
        ),
        ("apt-get", True, "apt-get update && apt-get install --no-install-recommends wget libegl1"),
        ("dnf", False, "sudo dnf install wget 'libEGL.so.1()(64bit)'"),
        ("pacman", False, "sudo pacman -S --needed wget libglvnd"),
        ("zypper", True, "zypper install wget 'libEGL.so.1()(64bit)'"),
    ],
    ids=["apt", "apt as root", "dnf", "pacman", "zypper as root"],
)
def test_one_line_installs_what_is_missing(manager, is_root, line):
    packages = system_needs.packages_for(NEEDS, manager, lambda _: frozenset())
    assert system_needs.install_line(manager, packages, is_root=is_root) == line
    text = system_needs.advice(NEEDS, manager, packages, is_root=is_root)
    assert text.splitlines()[-1].strip() == line


def test_without_a_known_package_manager_the_needs_are_named():
    text = system_needs.advice(NEEDS, None, (), is_root=False)
    assert "wget, libEGL.so.1" in text
    assert "sudo" not in text


def test_what_qt_loads_here_is_complete_after_the_set_up():
    import PySide6

    folder = Path(PySide6.__file__).parent
    assert all((folder / name).exists() for name in system_needs.QT_FILES)
    assert not system_needs.find_needs(folder)


# A machine of shell scripts: apt-get makes the library appear, or does not.


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder of programs that is all of PATH, and a log of what apt-get was asked."""
    if not sys.platform.startswith("linux"):
        pytest.skip("ldd and apt-get are Linux's")
    return Machine(tmp_path, monkeypatch)


class Machine:
    """Programs on a PATH of our own."""

    def __init__(self, folder, monkeypatch):
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.installed = folder / "installed"
        self.qt_folder = folder / "PySide6"
        self.bin.mkdir()
        self.log.touch()
        self.qt_folder.mkdir()
        (self.qt_folder / "QtGui.abi3.so").touch()
        monkeypatch.setenv("PATH", str(self.bin))
        for name in ("env", "cat"):
            (self.bin / name).symlink_to(shutil.which(name, path=os.defpath))
        self.has("wget")
        self.has("ldd", f"[ -e '{self.installed}' ] || echo '\tlibEGL.so.1 => not found'")
        self.has("sudo", 'shift; exec "$@"')

    def has(self, name, script="exit 0"):
        """Add a program."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def has_apt(self, install):
        """Add apt-get, whose `install` runs the given line, and apt-cache."""
        log = f'echo "$DEBIAN_FRONTEND $*" >> "{self.log}"'
        self.has("apt-get", f'{log}\ncase "$*" in *install*) {install};; esac')
        self.has("apt-cache", "echo Package: libegl1t64")

    def asked(self):
        """Give the calls of apt-get."""
        return self.log.read_text().splitlines()


def test_what_is_missing_is_installed_with_apt_after_an_update(machine):
    machine.has_apt(install=f": > '{machine.installed}'")
    system_needs.meet_needs(machine.qt_folder)
    assert machine.asked() == [
        "noninteractive -qq update",
        "noninteractive -qq install -y --no-install-recommends libegl1t64",
    ]


def test_a_complete_machine_is_never_asked_for_root(machine):
    machine.has_apt(install="exit 1")
    machine.has("sudo", f"echo sudo >> '{machine.log}'")
    machine.installed.touch()
    system_needs.meet_needs(machine.qt_folder)
    system_needs.meet_program_needs()
    assert machine.asked() == []


def test_apt_that_fails_is_told_with_the_line_to_type(machine):
    machine.has_apt(install="exit 100")
    with pytest.raises(system_needs.SetUpStopped, match=r"apt-get install .* libegl1t64"):
        system_needs.meet_needs(machine.qt_folder)


def test_a_library_that_stays_missing_ends_the_set_up(machine):
    machine.has_apt(install="exit 0")
    with pytest.raises(system_needs.SetUpStopped, match=r"Still missing.*libEGL"):
        system_needs.meet_needs(machine.qt_folder)
    assert len(machine.asked()) == 2


def test_without_root_the_line_is_told_and_nothing_is_run(machine, monkeypatch):
    machine.has_apt(install=f": > '{machine.installed}'")
    machine.has("sudo", "exit 1")
    monkeypatch.setattr(system_needs.os, "geteuid", lambda: 1000)
    with pytest.raises(system_needs.SetUpStopped, match=r"sudo apt-get install .* libegl1t64"):
        system_needs.meet_needs(machine.qt_folder)
    assert machine.asked() == []


def test_a_missing_wget_is_noticed_at_every_start(machine):
    (machine.bin / "wget").unlink()
    machine.has("pacman")
    with pytest.raises(system_needs.SetUpStopped, match="pacman -S --needed wget"):
        system_needs.meet_program_needs()


def test_what_tests_want_is_installed_where_that_may_be(machine, capfd):
    machine.has("Xvfb")
    machine.has_apt(install="exit 0")
    system_needs.meet_test_wishes()
    assert machine.asked() == [
        "noninteractive -qq update",
        "noninteractive -qq install -y --no-install-recommends dbus",
    ]
    assert "skipped" not in capfd.readouterr().err


@pytest.mark.parametrize("why", ["no apt", "no root", "apt fails"])
def test_what_tests_want_and_cannot_have_is_told_and_holds_nothing_up(
    machine, monkeypatch, capfd, why
):
    if why != "no apt":
        machine.has_apt(install="exit 100")
    if why == "no root":
        machine.has("sudo", "exit 1")
        monkeypatch.setattr(system_needs.os, "geteuid", lambda: 1000)
    system_needs.meet_test_wishes()
    told = capfd.readouterr().err
    assert "Some tests will be skipped; they need dbus-daemon, dbus-run-session, Xvfb." in told


def test_tests_that_have_all_they_want_ask_for_nothing(machine):
    machine.has_apt(install="exit 1")
    for name in system_needs.TEST_PROGRAMS:
        machine.has(name)
    system_needs.meet_test_wishes()
    assert machine.asked() == []
