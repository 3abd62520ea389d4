import dataclasses
import subprocess
import sys

import pytest

from .dev_script import load

environment = load("environment")

STAMP = environment.Stamp(
    project_hash="1",
    interpreter="/usr/bin/python3.11",
    root="/a",
    extras=("test",),
    libraries_checked=True,
)


@pytest.mark.parametrize(
    ("found", "wanted", "covers"),
    [
        pytest.param({}, {}, True, id="the same"),
        pytest.param({}, {"extras": ()}, True, id="less is wanted"),
        pytest.param({"extras": ()}, {}, False, id="more is wanted"),
        pytest.param({"extras": ("docs", "test")}, {}, True, id="one of two is wanted"),
        pytest.param({}, {"project_hash": "2"}, False, id="pyproject.toml has changed"),
        pytest.param({}, {"interpreter": "/usr/bin/python3.13"}, False, id="another Python"),
        pytest.param({}, {"root": "/b"}, False, id="the checkout was moved"),
        pytest.param({"libraries_checked": False}, {}, False, id="libraries not checked yet"),
    ],
)
def test_a_stamp_covers_what_needs_no_work(found, wanted, covers):
    assert (
        dataclasses.replace(STAMP, **found).covers(dataclasses.replace(STAMP, **wanted)) is covers
    )


def test_missing_libraries_do_not_make_the_packages_be_installed_again():
    assert dataclasses.replace(STAMP, libraries_checked=False).has_packages_of(STAMP)


def test_a_written_stamp_is_read_back(tmp_path):
    folder = tmp_path / ".venv"
    folder.mkdir()
    path = folder / environment.STAMP_NAME
    environment.write_stamp(path, STAMP)
    assert environment.read_stamp(path) == STAMP
    assert [entry.name for entry in folder.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"{}", b'{"extras": []}', b'{"extras": 3}', b"\xff"],
    ids=["missing", "empty", "cut", "list", "no fields", "other fields", "other type", "no text"],
)
def test_an_unreadable_stamp_counts_as_none(tmp_path, content):
    path = tmp_path / environment.STAMP_NAME
    if content is not None:
        path.write_bytes(content)
    assert environment.read_stamp(path) is None


@pytest.fixture
def made_checkout(tmp_path):
    """A checkout whose environment and stamp are as the set-up leaves them."""
    root = tmp_path / "a checkout"
    python = environment.venv_python(root)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (root / "pyproject.toml").write_text("[project]\n")
    stamp = environment.wanted_stamp(root, ("test",))
    environment.write_stamp(root / ".venv" / environment.STAMP_NAME, stamp)
    return root


@pytest.fixture
def commands_seen(monkeypatch):
    """Every command that the set-up starts; each fails at once."""
    seen = []

    def refuse(command, **_):
        seen.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(environment.subprocess, "run", refuse)
    return seen


@pytest.mark.parametrize("extras", [(), ("test",)], ids=["run", "test"])
def test_a_second_start_runs_no_command(made_checkout, commands_seen, extras):
    assert environment.set_up(made_checkout, extras) == environment.venv_python(made_checkout)
    assert commands_seen == []


def spoil_project(root):
    (root / "pyproject.toml").write_text("[project]\nname = 'new'\n")


def spoil_interpreter(root):
    python = environment.venv_python(root)
    python.unlink()
    python.symlink_to(root / "gone")


def spoil_stamp(root):
    (root / ".venv" / environment.STAMP_NAME).unlink()


@pytest.mark.parametrize("spoil", [spoil_project, spoil_interpreter, spoil_stamp])
def test_a_change_makes_the_environment_anew_and_a_failure_is_told(
    made_checkout, commands_seen, spoil
):
    spoil(made_checkout)
    with pytest.raises(environment.SetUpStopped, match="could not be made"):
        environment.set_up(made_checkout)
    assert commands_seen[-1][1:4] == ["-m", "venv", "--clear"]
    assert not (made_checkout / ".venv" / environment.STAMP_NAME).exists()


def test_an_update_keeps_the_extras_that_were_installed(made_checkout, monkeypatch):
    seen = []

    def fail_pip_only(command, **_):
        seen.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, int("pip" in command))

    monkeypatch.setattr(environment.subprocess, "run", fail_pip_only)
    spoil_project(made_checkout)
    with pytest.raises(environment.SetUpStopped, match="pip could not install"):
        environment.set_up(made_checkout)
    assert seen[-1][-2:] == ["--editable", ".[test]"]
