"""The fake wget does what its scenario says, and remembers how it was started."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes.fake_wget import (
    BAD_SCENARIO,
    SCENARIOS,
    VERSIONS,
    make_fake_wget,
    part_bytes,
    read_calls,
)

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the fake is started by its shebang"
)
URL = "http://127.0.0.1/a.bin"


def run(program: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    settings = {"stdin": subprocess.DEVNULL, "timeout": 20, **options}
    if "input" in settings:
        del settings["stdin"]
    return subprocess.run([program, *arguments], capture_output=True, check=False, **settings)  # type: ignore[call-overload, no-any-return]


def download(program: Path, part: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run(program, *arguments, "-O", str(part), "--", URL)


def wait_for(path: Path) -> None:
    end_at = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end_at, f"{path} did not appear"
        time.sleep(0.002)


@pytest.mark.parametrize(
    ("version", "code", "shown"),
    [
        ("wget", 0, b"GNU Wget 1.21.3 built on linux-gnu.\n"),
        ("wget2", 0, b"GNU Wget2 1.99.1"),
        ("busybox", 1, b"BusyBox"),
        ("old", 0, b"GNU Wget 1.13.4"),
        ("garbage", 0, b"\xff\xfe"),
        ("empty", 0, b""),
        ("fail", 1, b"error while loading shared libraries"),
    ],
)
def test_the_version_is_the_one_of_the_scenario(
    tmp_path: Path, version: str, code: int, shown: bytes
) -> None:
    result = run(make_fake_wget(tmp_path, {"version": version}), "--version")

    assert result.returncode == code
    assert shown in result.stdout + result.stderr


def test_every_version_but_the_hanging_one_is_tried_above() -> None:
    assert VERSIONS.keys() == {
        "wget", "wget2", "busybox", "old", "garbage", "empty", "fail", "hang"
    }  # fmt: skip


def test_a_hanging_version_question_ends_by_a_signal(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path, {"version": "hang"})

    with subprocess.Popen([program, "--version"], stdout=subprocess.PIPE) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        process.terminate()

    assert process.returncode == -signal.SIGTERM


def test_steps_write_the_part_and_stderr_and_set_the_exit_code(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    steps = [
        {"stderr": "one\n"},
        {"stderr_hex": "ff00"},
        {"response": "206 Partial Content", "headers": [["ETag", '"a"'], ["ETag", '"b"']]},
        {"bar": "43%[==>  ]  1.25M  1.46MB/s  eta 4s"},
        {"write": 1000},
        {"write_hex": "0a0b"},
        {"exit": 8},
        {"stderr": "never reached"},
    ]

    result = download(make_fake_wget(tmp_path / "fake", {"steps": steps}), part)

    assert result.returncode == 8
    assert result.stderr == (
        b"one\n\xff\x00"
        b'  HTTP/1.1 206 Partial Content\n  ETag: "a"\n  ETag: "b"\n'
        b"\r43%[==>  ]  1.25M  1.46MB/s  eta 4s"
    )
    assert part.read_bytes() == part_bytes(0, 1000) + b"\x0a\x0b"


def test_continuing_appends_and_starting_anew_truncates(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path / "fake", {"steps": [{"write": 300}]})
    part = tmp_path / "a.part"

    download(program, part, "-c")
    download(program, part, "-c")
    assert part.read_bytes() == part_bytes(0, 600)

    download(program, part)
    assert part.read_bytes() == part_bytes(0, 300)


def test_the_part_can_be_cut_stretched_and_unlinked(tmp_path: Path) -> None:
    steps = [{"write": 500}, {"truncate": 100}, {"truncate": 5 << 30}]
    part = tmp_path / "a.part"

    download(make_fake_wget(tmp_path / "fake", {"steps": steps}), part)
    assert part.stat().st_size == 5 << 30
    with part.open("rb") as file:
        assert file.read(101) == part_bytes(0, 100) + b"\0"

    download(make_fake_wget(tmp_path / "fake", {"steps": [{"unlink_part": True}]}), part)
    assert not part.exists()


def test_a_part_that_cannot_be_made_is_reported_as_wget_does(tmp_path: Path) -> None:
    part = tmp_path / "missing" / "a.part"

    result = download(make_fake_wget(tmp_path / "fake"), part)

    assert result.returncode == 1
    assert result.stderr == f"{part}: No such file or directory\n".encode()


@pytest.mark.parametrize(
    "options",
    [["-O", "a.part"], ["-Oa.part"], ["--output-document=a.part"], ["-O", "b.part", "-Oa.part"]],
    ids=" ".join,
)
def test_the_part_is_the_one_of_the_last_option_before_the_url(
    tmp_path: Path, options: list[str]
) -> None:
    program = make_fake_wget(tmp_path / "fake", {"steps": [{"write": 3}]})

    assert run(program, *options, "--", "-O/evil", cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.part", "fake"]
    assert read_calls(tmp_path / "fake")[0].url == "-O/evil"


def test_attempts_are_played_one_after_the_other_and_the_last_stays(tmp_path: Path) -> None:
    attempts = [[{"exit": 4}], [{"exit": 8}], [{"exit": 0}]]
    program = make_fake_wget(tmp_path / "fake", {"attempts": attempts})

    codes = [download(program, tmp_path / "a.part").returncode for _ in range(4)]

    assert codes == [4, 8, 0, 0]


def test_urls_have_plays_of_their_own_with_counts_of_their_own(tmp_path: Path) -> None:
    scenario = {
        "steps": [{"exit": 3}],
        "by_url": {URL: {"attempts": [[{"exit": 4}], [{"exit": 0}]]}},
    }
    program = make_fake_wget(tmp_path, scenario)

    def code(url: str) -> int:
        return run(program, "--", url).returncode

    assert [code(URL), code(URL + "x"), code(URL), code(URL + "x")] == [4, 3, 0, 3]


def test_a_new_scenario_in_the_same_folder_begins_a_new_play(tmp_path: Path) -> None:
    download(make_fake_wget(tmp_path, {"attempts": [[{"exit": 4}], []]}), tmp_path / "a.part")
    program = make_fake_wget(tmp_path, {"attempts": [[{"exit": 8}], []]})

    assert read_calls(tmp_path) == []
    assert download(program, tmp_path / "a.part").returncode == 8


def test_a_call_is_remembered_as_it_came(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path / "fake", {"steps": []})
    config = tmp_path / "wgetrc"
    config.write_text("header = Authorization: Basic c2VjcmV0\n", encoding="utf-8")
    config.chmod(0o600)
    began_at = time.monotonic()

    run(
        program, f"--config={config}", "-O", str(tmp_path / "ä \"\\\n😀"), "-i", "-",
        input=f"{URL}\n".encode(), env={"ODD": "ä\n"}, cwd=tmp_path,
    )  # fmt: skip

    (call,) = read_calls(tmp_path / "fake")
    assert call.argv == [
        f"--config={config}", "-O", str(tmp_path / "ä \"\\\n😀"), "-i", "-"
    ]  # fmt: skip
    assert call.env == {"ODD": "ä\n"}
    assert call.cwd == str(tmp_path)
    assert (call.stdin, call.url) == (f"{URL}\n", URL)
    assert call.config_text == "header = Authorization: Basic c2VjcmV0\n"
    assert call.config_mode == 0o600
    assert began_at < call.started_at < time.monotonic()


@pytest.mark.parametrize("how", ["link", "program"])
def test_it_gets_no_more_than_it_was_given_wherever_python_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    python = tmp_path / "a blank" / "python"
    python.parent.mkdir()
    real = Path(sys.executable).resolve()
    if how == "link":  # as a virtual environment has it
        python.symlink_to(real)
    else:
        shutil.copy2(real, python)
    monkeypatch.setattr(sys, "executable", str(python))
    program = make_fake_wget(tmp_path / "another blank", {"steps": []})

    assert run(program, URL, env={"ODD": "1"}).returncode == 0
    (call,) = read_calls(tmp_path / "another blank")
    assert call.env == {"ODD": "1"}


def test_the_pid_is_that_of_the_process_that_was_started(tmp_path: Path) -> None:
    with subprocess.Popen([make_fake_wget(tmp_path, {"steps": []})]) as process:
        pass

    assert [call.pid for call in read_calls(tmp_path)] == [process.pid]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_an_inherited_descriptor_is_seen(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path / "fake", {"steps": []})
    with (tmp_path / "lock").open("w") as lock:
        run(program, pass_fds=[lock.fileno()])
        run(program)

    first, second = read_calls(tmp_path / "fake")
    assert str(tmp_path / "lock") in first.open_files
    assert str(tmp_path / "lock") not in second.open_files


def test_version_questions_are_kept_apart_and_do_not_count_as_attempts(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path, {"attempts": [[{"exit": 4}], [{"exit": 0}]]})

    run(program, "--version")

    assert download(program, tmp_path / "a.part").returncode == 4
    assert len(read_calls(tmp_path)) == 1
    assert [call.argv for call in read_calls(tmp_path, versions=True)] == [["--version"]]


def test_calls_at_the_same_time_get_an_attempt_each(tmp_path: Path) -> None:
    attempts = [[{"exit": code}] for code in range(6)]
    program = make_fake_wget(tmp_path, {"attempts": attempts})

    processes = [subprocess.Popen([program, URL]) for _ in range(6)]

    assert sorted(process.wait(20) for process in processes) == [0, 1, 2, 3, 4, 5]


def test_the_test_and_the_play_wait_for_each_other_by_files(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    steps = [{"write": 10}, {"touch": "half"}, {"wait_for_file": tmp_path / "go"}, {"write": 10}]
    program = make_fake_wget(tmp_path / "fake", {"steps": steps})

    with subprocess.Popen([program, "-O", part, URL]) as process:
        wait_for(tmp_path / "fake" / "half")
        assert part.stat().st_size == 10
        assert process.poll() is None
        (tmp_path / "go").touch()

    assert process.returncode == 0
    assert part.stat().st_size == 20


@pytest.mark.parametrize("size", [1, 999, 3_000_000])
def test_a_flood_has_exactly_the_asked_bytes(tmp_path: Path, size: int) -> None:
    result = run(make_fake_wget(tmp_path, {"steps": [{"flood": size}]}))

    assert len(result.stderr) == size
    assert b"\n" not in result.stderr


def test_it_ends_with_1_when_nobody_reads_its_stderr(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path, {"steps": [{"flood": 1_000_000}]})

    with subprocess.Popen([program], stderr=subprocess.PIPE) as process:
        assert process.stderr
        process.stderr.close()

    assert process.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_signal_ends_it_as_it_ends_wget(tmp_path: Path, number: signal.Signals) -> None:
    program = make_fake_wget(tmp_path, "hang")

    with subprocess.Popen(
        [program, "-O", tmp_path / "a.part", URL], stderr=subprocess.DEVNULL
    ) as process:
        wait_for(tmp_path / "hanging")
        process.send_signal(number)

    assert process.returncode == -number


def test_the_stubborn_one_ends_by_sigkill_alone(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path, "stubborn")

    with subprocess.Popen(
        [program, "-O", tmp_path / "a.part", URL], stderr=subprocess.DEVNULL
    ) as process:
        wait_for(tmp_path / "hanging")
        process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        process.kill()

    assert process.returncode == -signal.SIGKILL


def test_it_can_kill_itself(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path, {"steps": [{"kill_self": 9}]})

    assert run(program).returncode == -signal.SIGKILL


@pytest.mark.parametrize("name", SCENARIOS.keys() - {"hang", "stubborn"})
def test_the_named_scenarios_end_as_their_last_step_says(tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    steps = scenario["steps"] if "steps" in scenario else scenario["attempts"][0]

    result = download(make_fake_wget(tmp_path, name), tmp_path / "a.part")

    assert result.returncode == steps[-1]["exit"]


def test_a_cut_download_is_completed_by_the_next_attempt(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path / "fake", "cut_then_complete")
    part = tmp_path / "a.part"

    assert download(program, part, "-c").returncode == 4
    assert part.stat().st_size == 100_000
    resumed = download(program, part, "-c")

    assert resumed.returncode == 0
    assert b"  Content-Range: bytes 100000-299999/300000\n" in resumed.stderr
    assert part.read_bytes() == part_bytes(0, 300_000)


@pytest.mark.parametrize(
    "scenario",
    [
        "no such name",
        {"step": []},
        {"version": "3"},
        {"steps": [{"wirte": 3}]},
        {"steps": [{"write": 3, "exit": 0}]},
        {"by_url": {URL: {"attempts": [[{"wirte": 3}]]}}},
    ],
    ids=["name", "key", "version", "step", "two steps in one", "step of a url"],
)
def test_a_scenario_with_a_slip_is_refused_before_it_is_played(
    tmp_path: Path, scenario: str | dict[str, object]
) -> None:
    with pytest.raises(ValueError):
        make_fake_wget(tmp_path, scenario)


def test_a_step_that_cannot_be_played_says_so(tmp_path: Path) -> None:
    result = run(make_fake_wget(tmp_path, {"steps": [{"write": 3}]}))  # without -O

    assert result.returncode == BAD_SCENARIO
    assert b"the fake wget cannot play this" in result.stderr


def test_the_program_is_executable_and_leaves_no_bytecode_in_the_tests(tmp_path: Path) -> None:
    program = make_fake_wget(tmp_path, {"steps": []})
    run(program)

    assert program.name == "wget"
    assert stat.S_IMODE(program.stat().st_mode) & 0o111 == 0o111
    assert not list(Path(__file__).parent.glob("*.pyc"))


def test_it_starts_from_an_interpreter_in_a_folder_with_blanks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "with a blank"
    folder.mkdir()
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (folder / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))

    result = run(make_fake_wget(tmp_path / "fake of mine"), "--version")

    assert result.stdout.startswith(b"GNU Wget 1.21.3")
