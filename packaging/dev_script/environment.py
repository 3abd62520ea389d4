"""The virtual environment in .venv: made once, and made again only when its stamp differs."""

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .errors import SetUpStopped
from .system_needs import meet_needs

STAMP_NAME = "dev-stamp.json"


@dataclass(frozen=True)
class Stamp:
    """What a virtual environment was made from, and what has been checked around it.

    project_hash: SHA-256 of pyproject.toml.
    interpreter: real path of its Python, which changes with the system's Python; "" if gone.
    root: the checkout; an environment does not survive being moved.
    extras: the optional dependencies that are installed, sorted.
    libraries_checked: the system libraries that Qt needs were all found.
    """

    project_hash: str
    interpreter: str
    root: str
    extras: tuple[str, ...]
    libraries_checked: bool

    def has_packages_of(self, wanted: "Stamp") -> bool:
        """Tell whether the wanted packages are installed; more than wanted is fine."""
        return replace(
            self, extras=wanted.extras, libraries_checked=wanted.libraries_checked
        ) == wanted and set(wanted.extras) <= set(self.extras)

    def covers(self, wanted: "Stamp") -> bool:
        """Tell whether nothing has to be done to get what is wanted."""
        return self.has_packages_of(wanted) and self.libraries_checked >= wanted.libraries_checked


def venv_python(root: Path) -> Path:
    """Name the Python of the virtual environment, whether it exists or not."""
    return root / ".venv" / "bin" / "python"


def wanted_stamp(root: Path, extras: tuple[str, ...]) -> Stamp:
    """Describe the environment as it should be now."""
    python = venv_python(root)
    return Stamp(
        project_hash=hashlib.sha256((root / "pyproject.toml").read_bytes()).hexdigest(),
        interpreter=str(python.resolve()) if python.exists() else "",
        root=str(root),
        extras=tuple(sorted(extras)),
        libraries_checked=True,
    )


def read_stamp(path: Path) -> Stamp | None:
    """Read a stamp; None if there is none or it is from another version of this script."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Stamp(**{**fields, "extras": tuple(fields["extras"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(path: Path, stamp: Stamp) -> None:
    """Put a stamp in place in one step."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(stamp), indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def set_up(root: Path, extras: tuple[str, ...] = ()) -> Path:
    """Make .venv and the system fit for dlmanager and give the environment's Python.

    Costs a few milliseconds when nothing has changed. Raises SetUpStopped.
    """
    stamp_path = root / ".venv" / STAMP_NAME
    if not _is_covered(stamp_path, wanted_stamp(root, extras)):
        with _one_at_a_time(root):
            _install(root, stamp_path, extras)
    return venv_python(root)


def _is_covered(stamp_path: Path, wanted: Stamp) -> bool:
    stamp = read_stamp(stamp_path)
    return stamp is not None and stamp.covers(wanted)


def _install(root: Path, stamp_path: Path, extras: tuple[str, ...]) -> None:
    found = read_stamp(stamp_path)
    wanted = wanted_stamp(root, tuple({*extras, *(found.extras if found else ())}))
    if found is None or not found.has_packages_of(wanted):
        stamp_path.unlink(missing_ok=True)
        _ensure_venv(root)
        _install_packages(root, wanted.extras)
        found = replace(wanted_stamp(root, wanted.extras), libraries_checked=False)
        write_stamp(stamp_path, found)
    if not found.libraries_checked:
        meet_needs(_qt_folder(root))
        write_stamp(stamp_path, replace(found, libraries_checked=True))


@contextlib.contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    with (root / "pyproject.toml").open("rb") as lock:
        # A file system without locks (some NFS) must not stop anybody.
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ensure_venv(root: Path) -> None:
    if _is_sound(venv_python(root)):
        return
    _say("Making the virtual environment in .venv.")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(root / ".venv")])
    if made.returncode != 0:
        raise SetUpStopped(
            "The virtual environment could not be made; see above. "
            "Check that this folder can be written to and that the disk is not full."
        )


def _is_sound(python: Path) -> bool:
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", probe], capture_output=True).returncode == 0
    except OSError:
        return False


def _install_packages(root: Path, extras: tuple[str, ...]) -> None:
    what = f".[{','.join(extras)}]" if extras else "."
    _say("Installing the Python packages (the first time this downloads about 100 MB).")
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [str(venv_python(root)), "-m", "pip", "install", *quiet]
    command += ["--disable-pip-version-check", "--no-input", "--editable", what]
    # A `user = true` in somebody's pip.conf cannot work inside a virtual environment.
    environ = {**os.environ, "PIP_USER": "no"}
    if subprocess.run(command, cwd=root, env=environ).returncode != 0:
        raise SetUpStopped(
            "pip could not install the packages; its reason is above. "
            "Check the connection, then type the same command again."
        )


def _qt_folder(root: Path) -> Path:
    found = sorted(root.glob(".venv/lib/python3.*/site-packages/PySide6"))
    if not found:
        raise SetUpStopped(
            "PySide6 is missing in .venv. Delete that folder, then type the same command again."
        )
    return found[-1]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
