"""What has to come from the operating system: the libraries that Qt links to, and wget.

Nothing is assumed: what is missing is read from ldd and PATH, so that a machine which has it all
is never asked for root.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import SetUpStopped

PROGRAMS = ("wget",)

# What some tests want, and the Debian package that holds it; without it they are skipped.
TEST_PROGRAMS = {"dbus-daemon": "dbus", "dbus-run-session": "dbus", "Xvfb": "xvfb"}

# What dlmanager and its tests load of PySide6, on a screen (xcb) and without one (offscreen).
QT_FILES = (
    *(f"Qt{name}.abi3.so" for name in ("Core", "DBus", "Gui", "Network", "Svg", "Test", "Widgets")),
    *(f"Qt/plugins/platforms/libq{name}.so" for name in ("offscreen", "xcb")),
    "Qt/plugins/iconengines/libqsvgicon.so",
    "Qt/plugins/imageformats/libqsvg.so",
)

PACKAGE_MANAGERS = ("apt-get", "dnf", "pacman", "zypper")

# Where Debian's package is not called after the soname (Debian policy, section 8.1).
DEBIAN_NAMES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgio-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libz.so.1": "zlib1g",
}

# Arch names packages after projects; the longest beginning of the soname that fits counts.
ARCH_NAMES = {
    "libEGL": "libglvnd",
    "libGL": "libglvnd",
    "libOpenGL": "libglvnd",
    "libX11": "libx11",
    "libbrotli": "brotli",
    "libdbus": "dbus",
    "libfreetype": "freetype2",
    "libg": "glib2",
    "libgssapi": "krb5",
    "libxcb": "libxcb",
    "libxcb-cursor": "xcb-util-cursor",
    "libxcb-icccm": "xcb-util-wm",
    "libxcb-image": "xcb-util-image",
    "libxcb-keysyms": "xcb-util-keysyms",
    "libxcb-render-util": "xcb-util-renderutil",
    "libxcb-util": "xcb-util",
    "libfontconfig": "fontconfig",
    "libz.": "zlib",
    "libzstd": "zstd",
}


@dataclass(frozen=True)
class Needs:
    """What is missing: sonames of libraries, and names of programs."""

    libraries: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.libraries or self.programs)

    def __str__(self) -> str:
        return ", ".join((*self.programs, *self.libraries))


def read_missing(ldd_output: str) -> tuple[str, ...]:
    """List the sonames that ldd did not find, each once, sorted."""
    return tuple(sorted(set(re.findall(r"^\s*(\S+) => not found", ldd_output, re.MULTILINE))))


def debian_candidates(soname: str) -> tuple[str, str]:
    """Name the packages that may hold a library on Debian and its kin, the plain name first.

    The second is the name since the change to 64-bit times (Debian 13, Ubuntu 24.04), which only
    some libraries got.
    """
    stem, _, version = soname.partition(".so.")
    between = "-" if stem[-1:].isdigit() else ""
    derived = f"{stem}{between}{version}".lower().replace("_", "-")
    name = DEBIAN_NAMES.get(soname, derived)
    return name, f"{name}t64"


def choose_debian_packages(
    sonames: Iterable[str], known: Callable[[Sequence[str]], frozenset[str]]
) -> tuple[str, ...]:
    """Choose for each soname the candidate that the package lists know, or else the plain name.

    known: gives those of the names that the package lists hold.
    """
    candidates = [debian_candidates(soname) for soname in sonames]
    held = known([name for pair in candidates for name in pair])
    chosen = {next((name for name in pair if name in held), pair[0]) for pair in candidates}
    return tuple(sorted(chosen))


def arch_package(soname: str) -> str:
    """Name the package that holds a library on Arch; without an entry, the library's own name."""
    fitting = [beginning for beginning in ARCH_NAMES if soname.startswith(beginning)]
    if not fitting:
        return soname.partition(".so")[0]
    return ARCH_NAMES[max(fitting, key=len)]


def packages_for(
    needs: Needs, manager: str, known: Callable[[Sequence[str]], frozenset[str]]
) -> tuple[str, ...]:
    """Name the packages that hold what is needed, in the words of a package manager.

    known: as for choose_debian_packages; asked only for apt-get.
    """
    if manager == "apt-get":
        libraries = choose_debian_packages(needs.libraries, known)
    elif manager == "pacman":
        libraries = tuple(sorted({arch_package(soname) for soname in needs.libraries}))
    else:
        # RPM packages provide their sonames, so no table can be out of date here.
        libraries = tuple(f"{soname}()(64bit)" for soname in needs.libraries)
    return (*needs.programs, *libraries)


def install_line(manager: str, packages: Sequence[str], *, is_root: bool) -> str:
    """Write the one line to type that installs the packages."""
    sudo = "" if is_root else "sudo "
    words = " ".join(shlex.quote(package) for package in packages)
    if manager == "apt-get":
        update = f"{sudo}apt-get update && "
        return f"{update}{sudo}apt-get install --no-install-recommends {words}"
    verb = {"dnf": "install", "pacman": "-S --needed", "zypper": "install"}[manager]
    return f"{sudo}{manager} {verb} {words}"


def advice(needs: Needs, manager: str | None, packages: Sequence[str], *, is_root: bool) -> str:
    """Tell a person what is missing and what to type."""
    missing = f"Missing on this system: {needs}."
    if manager is None:
        return f"{missing}\nPlease install that, then type the same command again."
    line = install_line(manager, packages, is_root=is_root)
    return f"{missing}\nType this line, then the same command again:\n    {line}"


def find_needs(qt_folder: Path) -> Needs:
    """Look at what Qt's files link to and at PATH. qt_folder: the folder PySide6."""
    return Needs(_missing_libraries(qt_folder), missing_programs())


def missing_programs() -> tuple[str, ...]:
    """Name the programs that are not on PATH; cheap enough for every start."""
    return tuple(name for name in PROGRAMS if shutil.which(name) is None)


def meet_needs(qt_folder: Path) -> None:
    """Install what is missing, or say what to type. Raises SetUpStopped."""
    needs = find_needs(qt_folder)
    before = None
    # More than once: ldd cannot see what a library needs that is itself missing.
    while needs and needs != before:
        _install(needs)
        before, needs = needs, find_needs(qt_folder)
    if needs:
        raise SetUpStopped(
            f"Still missing after the installation: {needs}. "
            "Please install that by hand, then type the same command again."
        )


def meet_program_needs() -> None:
    """Install the programs that are missing, or say what to type. Raises SetUpStopped."""
    needs = Needs(programs=missing_programs())
    if needs:
        _install(needs)


def meet_test_wishes() -> None:
    """Install what some tests want where that can be done at once; or say that they are skipped."""
    missing = [name for name in TEST_PROGRAMS if shutil.which(name) is None]
    if not missing or not sys.platform.startswith("linux"):
        return
    prefix = _root_prefix() if shutil.which("apt-get") else None
    if prefix is not None:
        packages = sorted({TEST_PROGRAMS[name] for name in missing})
        print(f"Installing with apt-get: {' '.join(packages)}", file=sys.stderr, flush=True)
        _apt_get(prefix, "update")
        if _apt_get(prefix, "install", "-y", "--no-install-recommends", *packages):
            return
    print(f"Some tests will be skipped; they need {', '.join(missing)}.", file=sys.stderr)


def _missing_libraries(qt_folder: Path) -> tuple[str, ...]:
    if not sys.platform.startswith("linux") or shutil.which("ldd") is None:
        return ()
    files = [str(qt_folder / name) for name in QT_FILES if (qt_folder / name).exists()]
    # In English, and without the paths that a person may have set for other programs.
    environ = {**os.environ, "LC_ALL": "C"}
    found = subprocess.run(["ldd", *files], capture_output=True, text=True, env=environ)
    return read_missing(found.stdout)


def _install(needs: Needs) -> None:
    manager = next((name for name in PACKAGE_MANAGERS if shutil.which(name)), None)
    prefix = _root_prefix() if manager == "apt-get" else None
    if manager != "apt-get" or prefix is None:
        packages = packages_for(needs, manager, _known_to_apt) if manager else ()
        raise SetUpStopped(advice(needs, manager, packages, is_root=os.geteuid() == 0))
    _apt_get(prefix, "update")  # may fail without a network; the lists that are here may do
    packages = packages_for(needs, manager, _known_to_apt)
    print(f"Installing with apt-get: {' '.join(packages)}", file=sys.stderr, flush=True)
    if not _apt_get(prefix, "install", "-y", "--no-install-recommends", *packages):
        raise SetUpStopped(
            "apt-get could not install the packages; its reason is above.\n"
            + advice(needs, manager, packages, is_root=os.geteuid() == 0)
        )


def _root_prefix() -> tuple[str, ...] | None:
    if os.geteuid() == 0:
        return ("env",)
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return (sudo, "-n", "env")
    return None


def _apt_get(prefix: Sequence[str], *words: str) -> bool:
    command = [*prefix, "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *words]
    # Our standard output belongs to the command that follows.
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    return done.returncode == 0


def _known_to_apt(names: Sequence[str]) -> frozenset[str]:
    command = ["apt-cache", "show", "--no-all-versions", *names]
    shown = subprocess.run(command, capture_output=True, text=True).stdout
    return frozenset(re.findall(r"^Package: (\S+)$", shown, re.MULTILINE))
