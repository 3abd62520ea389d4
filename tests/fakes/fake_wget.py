"""A wget that plays a written scenario: what tests of the engine start instead of the real one.

    program = make_fake_wget(tmp_path, {"steps": [{"stderr": "..."}, {"write": 9}, {"exit": 4}]})
    ... start `program` as if it were wget ...
    calls = read_calls(tmp_path)

It understands `--version`, `-O path`, `-c`, `-i -` and `--config=path`, and ignores all else.
A scenario is a dict, or the name of one in SCENARIOS:

    version   what `--version` shows: a key of VERSIONS; "wget" if it is missing
    steps     played by every call
    attempts  lists of steps: the nth call for a URL plays the nth, the last one stays
    by_url    {url: {"steps": ...} or {"attempts": ...}} for the URLs that differ from the rest

A step is a dict. Paths in it are relative to the folder given to make_fake_wget.

    {"stderr": text}, {"stderr_hex": "ff0d"}       write to stderr
    {"response": "200 OK", "headers": {...}}       write a header block as `-S` shows it
    {"bar": "43%[==>  ]  1.25M  1.46MB/s  eta 4s"} write one progress record, CR in front
    {"flood": n}                                   write n bytes of progress records
    {"close_stderr": true}
    {"write": n}                                   append n bytes to the part: see part_bytes
    {"write_up_to": n}                             append until the part is n bytes long
    {"write_hex": "00ff"}                          append these bytes
    {"truncate": n}                                make the part n bytes long, longer ones sparse
    {"unlink_part": true}                          remove its name; writing goes on
    {"touch": path}                                create a file: tells the test how far we are
    {"wait_for_file": path}                        wait until the test creates it, at most 30 s
    {"hang": true}                                 do nothing until a signal comes, at most 30 s
    {"ignore_sigterm": true}
    {"kill_self": 9}, {"exit": code}               the end; without one: exit code 0

It ends with 98 if it cannot read its scenario, and with 99 if nothing ended its waiting.
"""

# Playing imports only what loads in a moment: json, signal and the like would double the start,
# and tests start this hundreds of times.
from __future__ import annotations

import fcntl
import os
import sys
import time

TYPE_CHECKING = False  # as typing has it, without loading typing
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any, Final

    Step = Mapping[str, Any]
    Scenario = Mapping[str, Any]

WAIT_LIMIT_S: Final = 30.0
WAIT_STEP_S: Final = 0.002
BAD_SCENARIO: Final = 98
NOTHING_CAME: Final = 99
PATTERN_BYTES: Final = 251  # a prime: no block of a file looks like its neighbour

VERSIONS: Final[Mapping[str, tuple[int, bytes, bytes]]] = {
    # exit code, stdout, stderr
    "wget": (
        0,
        b"GNU Wget 1.21.3 built on linux-gnu.\n\n"
        b"-cares +digest -gpgme +https +ipv6 +iri +large-file -metalink +nls \n"
        b"+ntlm +opie +psl +ssl/gnutls \n\n"
        b"Copyright (C) 2015 Free Software Foundation, Inc.\n",
        b"",
    ),
    "wget2": (
        0,
        b"GNU Wget2 1.99.1 - multithreaded metalink/file/website downloader\n\n"
        b"+digest +https +ssl/gnutls +ipv6 +iri +large-file +nls -ntlm -opie +psl -hsts\n",
        b"",
    ),
    "busybox": (
        1,
        b"",
        b"wget: unrecognized option '--version'\n"
        b"BusyBox v1.35.0 (Debian 1:1.35.0-4+b3) multi-call binary.\n\n"
        b"Usage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [-T SEC] URL...\n",
    ),
    "old": (0, b"GNU Wget 1.13.4 built on linux-gnu.\n\n+digest +https +ipv6 +nls \n", b""),
    "garbage": (0, b"\x00\xff\xfe\x1b[31mGNU \x80 Wget\r\n" * 5, b"\xc3"),
    "empty": (0, b"", b""),
    "fail": (1, b"", b"wget: error while loading shared libraries: libpsl.so.5\n"),
    "hang": (NOTHING_CAME, b"", b""),
}

_GOOD_RESPONSE: Final[Step] = {
    "response": "200 OK",
    "headers": {
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "ETag": '"v1"',
        "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT",
        "Content-Length": "300000",
    },
}
_CUT: Final[list[Step]] = [
    {"stderr": "HTTP request sent, awaiting response... \n"},
    _GOOD_RESPONSE,
    {"stderr": "Length: 300000 (293K) [application/octet-stream]\n\n"},
    {"bar": "part        0%[                    ]       0  --.-KB/s               "},
    {"write": 100_000},
    {"stderr": "\n\n2026-01-02 03:04:05 (1.2 MB/s) - Connection closed at byte 100000. "},
    {"stderr": "Giving up.\n\n"},
    {"exit": 4},
]
_COMPLETE: Final[list[Step]] = [
    *_CUT[:4],
    {"write_up_to": 300_000},
    {"bar": "part      100%[===================>] 292.97K  --.-KB/s    in 0.001s  "},
    {"stderr": "\n\n2026-01-02 03:04:05 (388 MB/s) - 'part' saved [300000/300000]\n\n"},
    {"exit": 0},
]
_RESUME: Final[list[Step]] = [
    _CUT[0],
    {
        "response": "206 Partial Content",
        "headers": {
            **_GOOD_RESPONSE["headers"],
            "Content-Range": "bytes 100000-299999/300000",
            "Content-Length": "200000",
        },
    },
    {"stderr": "Length: 300000 (293K), 200000 (195K) remaining\n\n"},
    *_COMPLETE[4:],
]
SCENARIOS: Final[Mapping[str, Scenario]] = {
    "complete": {"steps": _COMPLETE},
    "cut": {"steps": _CUT},
    "cut_then_complete": {"attempts": [_CUT, _RESUME]},
    "not_found": {
        "steps": [
            {"response": "404 Not Found", "headers": {"Content-Length": "0"}},
            {"stderr": "2026-01-02 03:04:05 ERROR 404: Not Found.\n\n"},
            {"exit": 8},
        ]
    },
    "unavailable": {
        "steps": [
            {"response": "503 Service Unavailable", "headers": {"Retry-After": "1"}},
            {"stderr": "2026-01-02 03:04:05 ERROR 503: Service Unavailable.\n\n"},
            {"exit": 8},
        ]
    },
    "refused": {
        "steps": [
            {"stderr": "Connecting to 127.0.0.1:9... failed: Connection refused.\n"},
            {"exit": 4},
        ]
    },
    "disk_full": {
        "steps": [
            *_CUT[:5],
            {"stderr": "\n\nCannot write to 'part' (No space left on device).\n"},
            {"exit": 3},
        ]
    },
    "hang": {"steps": [*_CUT[:5], {"touch": "hanging"}, {"hang": True}]},
    "stubborn": {
        "steps": [{"ignore_sigterm": True}, *_CUT[:5], {"touch": "hanging"}, {"hang": True}]
    },
}


def part_bytes(start: int, length: int) -> bytes:
    """Return what {"write": length} appends to a part that is start bytes long."""
    first = start % PATTERN_BYTES
    repeats = (first + length) // PATTERN_BYTES + 1
    return (bytes(range(PATTERN_BYTES)) * repeats)[first : first + length]


# For the tests


class Call:
    """One start of the fake.

    argv: without the program. env: exactly what the process was given. stdin: read to its end for
    `-i -`, else None. config_text, config_mode: of the file named by --config, None without one.
    open_files: what its descriptors above 2 pointed at (Linux). started_at: time.monotonic().
    """

    def __init__(self, record: dict[str, Any]) -> None:
        self.argv: list[str] = record["argv"]
        self.env: dict[str, str] = record["env"]
        self.cwd: str = record["cwd"]
        self.stdin: str | None = record["stdin"]
        self.url: str | None = record["url"]
        self.config_text: str | None = record["config_text"]
        self.config_mode: int | None = record["config_mode"]
        self.open_files: list[str] = record["open_files"]
        self.pid: int = record["pid"]
        self.started_at: float = record["started_at"]


def make_fake_wget(directory: Path, scenario: str | Scenario = "complete") -> Path:
    """Write an executable (directory / "wget") that plays the scenario, and return its path.

    Doing so again in the same folder begins a new play and forgets the calls.
    Raises ValueError for a scenario that cannot be played.
    """
    if isinstance(scenario, str):
        if scenario not in SCENARIOS:
            raise ValueError(f"no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
        scenario = SCENARIOS[scenario]
    _check(scenario)
    import py_compile

    directory.mkdir(parents=True, exist_ok=True)
    (directory / "scenario.txt").write_text(ascii(_as_plain(scenario)), encoding="ascii")
    (directory / "calls.jsonl").write_bytes(b"")
    py_compile.compile(__file__, str(directory / "fake_wget.pyc"), doraise=True)
    program = directory / "wget"
    program.write_text(_launcher(directory), encoding="utf-8")
    program.chmod(0o755)
    return program


def read_calls(directory: Path, *, versions: bool = False) -> list[Call]:
    """Return the downloads asked of the fake so far, or (versions) the `--version` questions."""
    import json

    with (directory / "calls.jsonl").open(encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        calls = [Call(json.loads(line)) for line in file]
    return [call for call in calls if ("--version" in call.argv) is versions]


def _launcher(directory: Path) -> str:
    """Return a script that runs this module by the interpreter of the tests.

    By its shebang and not by a shell: a shell adds variables to the environment. -S and -E make it
    quick and deaf to PYTHON*. The import finds the compiled module beside the script.
    """
    code = f"import fake_wget\nfake_wget.main({str(directory.absolute())!r})\n"
    return f"#!{_nameable(sys.executable)} -SE\n{code}"


def _nameable(program: str) -> str:
    """Return a path of a program that a shebang can name: without blanks, and short."""
    for path in (program, os.path.realpath(program)):
        if not any(map(str.isspace, path)) and len(path) < 120:
            return path
    # Not below the folder of the test, whose path may have a blank as well.
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="fake-wget-", dir="/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    link = f"{folder}/python"
    os.symlink(os.path.realpath(program), link)  # noqa: PTH211 - no pathlib here, see the imports
    return link


def _as_plain(value: Any) -> Any:
    """Return the value with every path as text, so that it can be written as a literal."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, dict):
        return {name: _as_plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_plain(each) for each in value]
    return value


def _check(scenario: Scenario) -> None:
    unknown = scenario.keys() - {"version", "steps", "attempts", "by_url"}
    if unknown:
        raise ValueError(f"a scenario has no {', '.join(sorted(unknown))}")
    if scenario.get("version", "wget") not in VERSIONS:
        raise ValueError(f"no version {scenario['version']!r}; there are {', '.join(VERSIONS)}")
    for steps in _all_steps(scenario):
        for step in steps:
            action, *others = step.keys() - {"headers"}
            if action not in _STEPS or others:
                raise ValueError(f"no step {step!r}; there are {', '.join(_STEPS)}")


def _all_steps(scenario: Scenario) -> Iterator[list[Step]]:
    yield scenario.get("steps", [])
    yield from scenario.get("attempts", [])
    for part in scenario.get("by_url", {}).values():
        yield from _all_steps(part)


# Playing


class _End(Exception):
    """The play is over with this exit code."""

    def __init__(self, code: int) -> None:
        self.code = code


class _Player:
    """Plays steps on the part file that the command line names."""

    def __init__(self, directory: str, part_path: str | None, continues: bool) -> None:
        self._directory = directory
        self._part_path = part_path
        self._part = -1
        if part_path is not None and part_path != "-":
            mode = os.O_APPEND if continues else os.O_TRUNC
            try:
                self._part = os.open(part_path, os.O_RDWR | os.O_CREAT | mode, 0o666)
            except OSError as error:
                _write_stderr(os.fsencode(f"{part_path}: {error.strerror}\n"))
                raise _End(1) from None

    def play(self, steps: list[Step]) -> int:
        """Play until a step ends it, and return the exit code."""
        try:
            for step in steps:
                name = next(name for name in step if name in _STEPS)
                _STEPS[name](self, step)
        except BrokenPipeError:
            return 1  # as wget does when nobody reads its stderr any more
        return 0

    def stderr(self, step: Step) -> None:
        _write_stderr(step["stderr"].encode("utf-8", "surrogateescape"))

    def stderr_hex(self, step: Step) -> None:
        _write_stderr(bytes.fromhex(step["stderr_hex"]))

    def response(self, step: Step) -> None:
        headers = step.get("headers", {})
        pairs = headers.items() if isinstance(headers, dict) else headers
        lines = [f"HTTP/1.1 {step['response']}", *(f"{name}: {value}" for name, value in pairs)]
        _write_stderr("".join(f"  {line}\n" for line in lines).encode())

    def bar(self, step: Step) -> None:
        _write_stderr(b"\r" + step["bar"].encode())

    def flood(self, step: Step) -> None:
        record = b"\rpart       43%[=======>            ]   1.25M  1.46MB/s    eta 4h 1m  "
        left = step["flood"]
        while left > 0:
            left -= _write_stderr((record * 900)[:left])

    def close_stderr(self, _step: Step) -> None:
        os.close(2)

    def write(self, step: Step) -> None:
        start = os.lseek(self._part, 0, os.SEEK_END)
        stop = start + step["write"]
        while start < stop:
            start += os.write(self._part, part_bytes(start, min(stop - start, 1 << 20)))

    def write_up_to(self, step: Step) -> None:
        self.write({"write": step["write_up_to"] - os.fstat(self._part).st_size})

    def write_hex(self, step: Step) -> None:
        os.lseek(self._part, 0, os.SEEK_END)
        os.write(self._part, bytes.fromhex(step["write_hex"]))

    def truncate(self, step: Step) -> None:
        os.ftruncate(self._part, step["truncate"])

    def unlink_part(self, _step: Step) -> None:
        os.unlink(str(self._part_path))  # noqa: PTH108 - no pathlib here, see the imports

    def touch(self, step: Step) -> None:
        os.close(os.open(self._path(step["touch"]), os.O_WRONLY | os.O_CREAT, 0o666))

    def wait_for_file(self, step: Step) -> None:
        path = self._path(step["wait_for_file"])
        _wait_until(lambda: os.path.exists(path))  # noqa: PTH110

    def hang(self, _step: Step) -> None:
        _wait_until(lambda: False)

    def ignore_sigterm(self, _step: Step) -> None:
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def kill_self(self, step: Step) -> None:
        os.kill(os.getpid(), step["kill_self"])
        _wait_until(lambda: False)

    def exit(self, step: Step) -> None:
        raise _End(step["exit"])

    def _path(self, path: str) -> str:
        return os.path.join(self._directory, path)  # noqa: PTH118


_STEPS = {
    "stderr": _Player.stderr,
    "stderr_hex": _Player.stderr_hex,
    "response": _Player.response,
    "bar": _Player.bar,
    "flood": _Player.flood,
    "close_stderr": _Player.close_stderr,
    "write": _Player.write,
    "write_up_to": _Player.write_up_to,
    "write_hex": _Player.write_hex,
    "truncate": _Player.truncate,
    "unlink_part": _Player.unlink_part,
    "touch": _Player.touch,
    "wait_for_file": _Player.wait_for_file,
    "hang": _Player.hang,
    "ignore_sigterm": _Player.ignore_sigterm,
    "kill_self": _Player.kill_self,
    "exit": _Player.exit,
}


def main(directory: str) -> None:
    """Play one call with the arguments of this process, and end it."""
    try:
        code = _play(directory, sys.argv[1:])
    except _End as end:
        code = end.code
    except KeyboardInterrupt:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        code = 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - the test reads it from stderr and the exit code
        _write_stderr(f"the fake wget cannot play this: {error!r}\n".encode())
        code = BAD_SCENARIO
    os._exit(code)  # nothing is buffered, and there is nothing to tidy up


def _play(directory: str, argv: list[str]) -> int:
    with open(f"{directory}/scenario.txt", encoding="ascii") as file:  # noqa: PTH123
        scenario = eval(file.read(), {"__builtins__": {}})  # a literal that make_fake_wget wrote
    stdin = _read_stdin() if _option(argv, "-i", "--input-file") == "-" else None
    url = stdin.partition("\n")[0] if stdin is not None else argv[-1] if argv else ""
    earlier = _record(directory, argv, stdin, url)
    if "--version" in argv:
        return _show_version(scenario.get("version", "wget"))
    part = scenario.get("by_url", {}).get(url, scenario)
    attempts = part.get("attempts", [part.get("steps", [])])
    continues = "-c" in argv or "--continue" in argv
    player = _Player(directory, _option(argv, "-O", "--output-document"), continues)
    return player.play(attempts[min(earlier, len(attempts) - 1)])


def _option(argv: list[str], short: str, long: str) -> str | None:
    """Return the value of an option in any of its spellings; of several the last, as wget does."""
    value = None
    for index, argument in enumerate(argv):
        if argument == "--":
            break
        if argument in (short, long):
            value = argv[index + 1]
        elif argument.startswith(f"{long}="):
            value = argument[len(long) + 1 :]
        elif argument.startswith(short) and not argument.startswith("--"):
            value = argument[len(short) :]
    return value


def _show_version(version: str) -> int:
    code, stdout, stderr = VERSIONS[version]
    if version == "hang":
        _wait_until(lambda: False)
    os.write(1, stdout)
    _write_stderr(stderr)
    return code


def _record(directory: str, argv: list[str], stdin: str | None, url: str) -> int:
    """Write down this call, and return how many came before it for the same URL."""
    config_text, config_mode = _read_config(_option(argv, "--config", "--config"))
    record = {
        "argv": argv,
        "env": _read_environment(),
        "cwd": os.getcwd(),  # noqa: PTH109
        "stdin": stdin,
        "url": url,
        "config_text": config_text,
        "config_mode": config_mode,
        "open_files": _read_open_files(),
        "pid": os.getpid(),
        "started_at": time.monotonic(),
    }
    path = f"{directory}/calls.jsonl"
    with open(path, "r+b", buffering=0) as file:  # noqa: PTH123
        fcntl.flock(file, fcntl.LOCK_EX)
        earlier = file.read().count(f'"url": {_json(url)}'.encode())
        file.write(_json(record).encode() + b"\n")
    return earlier


def _json(value: Any) -> str:
    """Return the value as JSON; by hand, because loading json takes longer than all the rest."""
    if isinstance(value, str):
        return '"' + "".join(_json_character(character) for character in value) + '"'
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_json(name)}: {_json(each)}" for name, each in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return "null" if value is None else repr(value)


def _json_character(character: str) -> str:
    if " " <= character <= "~" and character not in '"\\':
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[index : index + 4]}" for index in range(0, len(units), 4))


def _read_environment() -> dict[str, str]:
    """Return what the process was given; os.environ may hold a LC_CTYPE that Python added."""
    try:
        with open("/proc/self/environ", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            pairs = [entry.partition("=") for entry in file.read().split("\0") if entry]
    except OSError:
        return dict(os.environ)
    return {name: value for name, _, value in pairs}


def _read_open_files() -> list[str]:
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208
    except OSError:
        return []
    targets = []
    for number in numbers:
        try:
            targets.append(os.readlink(f"/proc/self/fd/{number}") if number > 2 else "")  # noqa: PTH115
        except OSError:
            continue  # the folder's own descriptor, closed by now
    return [target for target in targets if target]


def _read_config(path: str | None) -> tuple[str | None, int | None]:
    if path is None:
        return None, None
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            return file.read(), os.fstat(file.fileno()).st_mode & 0o7777
    except OSError:
        return None, None


def _read_stdin() -> str:
    with open(0, "rb", closefd=False) as file:
        return file.read().decode("utf-8", "surrogateescape")


def _write_stderr(data: bytes) -> int:
    written = 0
    while written < len(data):
        written += os.write(2, data[written:])
    return written


def _wait_until(is_true: Callable[[], bool]) -> None:
    """Poll, because the fake shares nothing with the test but files; bounded."""
    end_at = time.monotonic() + WAIT_LIMIT_S
    while not is_true():
        if time.monotonic() > end_at:
            _write_stderr(b"the fake wget waited in vain\n")
            raise _End(NOTHING_CAME)
        time.sleep(WAIT_STEP_S)
