import shutil
import subprocess
import sys

import pytest

from .dev_script import ROOT

DEV = ROOT / "dev"
SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]


def call(*words, cwd=None, path=None):
    environ = {"PATH": path} if path else None
    return subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environ, capture_output=True, text=True
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_sound_in_every_shell_here(shell):
    done = call(shell, "-n", DEV)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [(), ("help",), ("--help",)], ids=["none", "help", "--help"])
@pytest.mark.parametrize("shell", SHELLS)
def test_help_needs_no_set_up(shell, words):
    done = call(shell, DEV, *words)
    assert (done.returncode, done.stderr) == (0, "")
    for verb in ("run", "test", "check", "bench", "screenshots"):
        assert f"\n  {verb} " in done.stdout


def test_an_unknown_verb_is_refused():
    done = call(DEV, "fly")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "'fly'" in done.stderr


@pytest.fixture
def spaced_checkout(tmp_path):
    """The script in a folder whose name has spaces."""
    root = tmp_path / "a folder with spaces"
    shutil.copytree(
        ROOT / "packaging" / "dev_script",
        root / "packaging" / "dev_script",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "packaging" / "dev.py", root / "packaging")
    shutil.copy(DEV, root)
    return root


def test_it_works_from_anywhere_through_a_link_and_with_spaces(spaced_checkout, tmp_path):
    link = tmp_path / "linked dev"
    link.symlink_to(spaced_checkout / "dev")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for script in (
        link,
        spaced_checkout / "dev",
        f"../{spaced_checkout.name}/dev",
        "../linked dev",
    ):
        done = call(script, "help", cwd=elsewhere)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Usage: ./dev")


# A machine without Python: all of PATH is a folder of our own.


@pytest.fixture
def bare_path(tmp_path):
    """A folder with what the script needs of a system, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dirname", "readlink", "env", "ln", "true"):
        (folder / name).symlink_to(shutil.which(name))
    add_program(folder, "id", "echo 1000")
    return folder


def add_program(folder, name, script="exit 0"):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


OLD_PYTHON = "exit 1"


@pytest.mark.parametrize(
    ("programs", "line"),
    [
        (
            {"apt-get": ""},
            "sudo apt-get update && sudo apt-get install --no-install-recommends "
            "python3 python3-venv",
        ),
        ({"dnf": ""}, "sudo dnf install python3"),
        ({"dnf": "", "python3": OLD_PYTHON}, "sudo dnf install python3.12"),
        ({"pacman": ""}, "sudo pacman -S --needed python"),
        ({"zypper": ""}, "sudo zypper install python3"),
        ({"zypper": "", "python3": OLD_PYTHON}, "sudo zypper install python311"),
        ({"dnf": "", "id": "echo 0"}, "dnf install python3"),
        ({"apt-get": "exit 9", "sudo": "exit 1"}, None),
    ],
    ids=["apt", "dnf", "old dnf", "pacman", "zypper", "old zypper", "root", "sudo with password"],
)
def test_without_a_python_one_line_says_how_to_get_it(bare_path, programs, line):
    for name, script in programs.items():
        add_program(bare_path, name, script)
    done = call(shutil.which("sh"), DEV, "help", path=str(bare_path))
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert "Python 3.11" in lines[0]
    assert lines[1] == "Type this line, then the same command again:"
    assert len(lines) == 3
    if line is not None:
        assert lines[2] == f"    {line}"


def test_without_a_python_and_a_known_package_manager_the_needs_are_named(bare_path):
    done = call(shutil.which("sh"), DEV, path=str(bare_path))
    assert done.returncode == 1
    assert "Python 3.11 to 3.14 with venv, sqlite3 and ssl" in done.stderr
    assert "sudo" not in done.stderr


@pytest.mark.parametrize(
    "programs",
    [{"id": "echo 0"}, {"sudo": 'shift; exec "$@"'}],
    ids=["root", "sudo without password"],
)
def test_apt_installs_a_python_where_it_may(bare_path, tmp_path, programs):
    for name, script in programs.items():
        add_program(bare_path, name, script)
    log = tmp_path / "log"
    python = f"case $* in *install*) ln -s '{sys.executable}' '{bare_path}/python3';; esac"
    add_program(
        bare_path, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> "{log}"\necho noise\n{python}'
    )
    done = call(shutil.which("sh"), DEV, "help", path=str(bare_path))
    assert done.returncode == 0
    assert done.stdout.startswith("Usage:")  # and none of apt-get's noise
    assert log.read_text().splitlines() == [
        "noninteractive -qq update",
        "noninteractive -qq install -y --no-install-recommends python3 python3-venv",
    ]


def test_an_older_system_gets_the_newest_python_beside_its_own(bare_path, tmp_path):
    add_program(bare_path, "id", "echo 0")
    add_program(bare_path, "python3", OLD_PYTHON)
    add_program(bare_path, "apt-cache", '[ "$2" = python3.11-venv ]')
    make = f"case $* in *python3.11-venv) ln -s '{sys.executable}' '{bare_path}/python3.11';; esac"
    add_program(bare_path, "apt-get", make)
    assert call(shutil.which("sh"), DEV, "help", path=str(bare_path)).returncode == 0
