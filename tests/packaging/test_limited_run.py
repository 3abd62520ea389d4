import io
import os
import signal
import sys

import pytest

from .dev_script import load

limited_run = load("limited_run")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def run(script, folder, limit_s=30.0):
    return limited_run.run_limited(
        ["/bin/sh", "-c", script], folder=folder, environ=dict(os.environ), limit_s=limit_s
    )


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 5", 5), ("kill -TERM $$", 128 + signal.SIGTERM)],
    ids=["done", "failed", "killed"],
)
def test_the_status_is_the_one_a_shell_gives(tmp_path, script, status):
    assert run(script, tmp_path) == status


def test_a_run_that_hangs_is_ended_with_its_children(tmp_path, capfd):
    # The child holds the pipe open: reading its end proves that the child is gone.
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    status = run("sleep 600 > pipe & wait", tmp_path, limit_s=0.3)
    os.set_blocking(reader, True)
    assert status == limited_run.TIMED_OUT
    assert os.read(reader, 1) == b""
    os.close(reader)
    assert "still running after 0.3 seconds" in capfd.readouterr().err


def test_a_command_that_ignores_the_first_signal_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(limited_run, "KILL_AFTER_S", 0.3)
    assert run("trap '' ABRT; while :; do sleep 600; done", tmp_path, 0.3) == limited_run.TIMED_OUT


def test_the_handler_of_sigterm_is_put_back(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    run("exit 0", tmp_path)
    assert signal.getsignal(signal.SIGTERM) is before
