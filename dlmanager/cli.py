"""The command line: a stable contract for scripts.

Exit status: 0 well, 1 something asked for could not be done, 2 bad usage or unusable surroundings.
"""

import argparse
import codecs
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from dlmanager import __version__
from dlmanager.core.errors import BadInput, CannotOpen, DlmanagerError, InvalidUrl, UnknownJob
from dlmanager.core.job import IN_LINE, Job, Status, Wish
from dlmanager.core.priority import Priority
from dlmanager.core.queue_order import Move
from dlmanager.core.secrets import MAX_HEADERS, Header, parse_header
from dlmanager.core.settings import (
    Settings,
    as_text,
    describe,
    explain,
    setting_names,
    with_setting,
)
from dlmanager.core.urls import redact_url
from dlmanager.engine.clock import now_ms
from dlmanager.engine.file_lock import job_lock, queue_lock
from dlmanager.engine.link_change import change_link
from dlmanager.engine.new_jobs import add_orders
from dlmanager.engine.orders import check_folder, order_to
from dlmanager.engine.part_file import discard_part
from dlmanager.engine.setting_values import checked_value
from dlmanager.paths import Paths, default_download_directory, profile_paths, tighten
from dlmanager.process_title import hide_arguments
from dlmanager.store.checksums import expect, note_check
from dlmanager.store.database_care import refuse_to_begin_anew
from dlmanager.store.job_store import JobStore
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.settings_file import read_settings, write_settings
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.turns import move, prioritize
from dlmanager.store.wishes import fulfil

if TYPE_CHECKING:
    from dlmanager.core.checksum_kind import Checksum
    from dlmanager.core.link_files import LinkFile
    from dlmanager.core.mirrors import Mirror

T = TypeVar("T")

USAGE_ERROR = 2
MAX_LIST_BYTES = 64 * 1024**2
"""How much of a list of links is read: half a million of usual ones."""

_MARKS = {
    codecs.BOM_UTF8: "UTF-8",
    # Before those of UTF-16, with which they begin.
    codecs.BOM_UTF32_LE: "UTF-32-LE",
    codecs.BOM_UTF32_BE: "UTF-32-BE",
    codecs.BOM_UTF16_LE: "UTF-16-LE",
    codecs.BOM_UTF16_BE: "UTF-16-BE",
}
"""Byte order marks, as other systems' editors and shells begin their text files with."""

_CHECKSUM_HELP = (
    "MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal digits, or with its kind in front, as blake2b:…"
)

_EPILOG = """\
Without a command, the window opens, with the links added that are given.
`dlmanager COMMAND --help` tells more about a command."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {redact_url(message)}\n")


def run(argv: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    hide_arguments(argv)
    try:
        options = _main_parser().parse_args(argv)
        paths = profile_paths(options.data_dir)
        if (warning := tighten(paths)) is not None:
            complain(warning)
        command = _COMMANDS.get(options.rest[0]) if options.rest else None
        if command is None:
            return _window(paths, options.rest)
        return command(paths, options.rest[1:])
    except DlmanagerError as error:
        complain(str(error))
        return USAGE_ERROR
    except BrokenPipeError:
        # The reader of our output left, as `head` does; there is nobody to tell.
        sys.stderr.close()
        return 1


def _main_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dlmanager",
        usage="%(prog)s [--data-dir DIR] [COMMAND ... | URL ...]",
        description="Download files, and never lose one.",
        epilog=f"commands: {', '.join(_COMMANDS)}\n\n{_EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dlmanager {__version__}")
    parser.add_argument(
        "--data-dir", metavar="DIR", help="where database, settings and logs are kept"
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _command_parser(name: str, description: str) -> argparse.ArgumentParser:
    return _Parser(prog=f"dlmanager {name}", description=description)


def complain(sentence: str) -> None:
    """Say on stderr, in one line, why something cannot be done."""
    print(f"dlmanager: {sentence}", file=sys.stderr)


# Window and queue


def _window(paths: Paths, rest: Sequence[str]) -> int:
    parser = _Parser(prog="dlmanager")
    parser.add_argument("urls", nargs="*", metavar="URL")
    links = parser.parse_args(rest).urls
    from dlmanager.core.urls import normalise_url

    for link in links:
        try:
            normalise_url(link)
        except BadInput as error:
            is_word = re.fullmatch(r"[\w-]+", link) is not None
            problem = f"{link!r} is neither a command nor a link." if is_word else error
            raise BadInput(f"{problem} (Commands are: {', '.join(_COMMANDS)}.)") from error
    from dlmanager.window_app import run_window

    return run_window(paths, links)


def _run(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _command_parser("run", "Work on the queue without a window.")
    parser.add_argument(
        "--until-idle",
        action="store_true",
        help="end when nothing is pending, processing or retrying; "
        "exit status 1 if a download failed, 128 plus the signal's number if a signal came "
        "before that: 130 for SIGINT (Ctrl+C), 143 for SIGTERM",
    )
    options = parser.parse_args(arguments)
    from dlmanager.app import run_headless

    return run_headless(paths, until_idle=options.until_idle)


# Jobs


def _add(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _add_parser()
    options = parser.parse_intermixed_args(arguments)
    if options.from_file == options.header_file == "-":
        parser.error("stdin holds either links or headers")
    # An empty text is a variable of a script that was not set, and no wish for the default.
    if options.to is not None and not options.to.strip():
        parser.error("--to needs a folder")
    if options.name is not None and not options.name.strip():
        parser.error("--name needs a name")
    # Here, as no other command needs what reads all kinds of files.
    from dlmanager.core.link_files import FileLink, LinkFile

    file = _link_file(options.from_file) if options.from_file else LinkFile((), ())
    links = [*map(FileLink, options.urls), *file.links]
    if not links:
        parser.error("no link was given")
    for option in ("name", "checksum", "mirror"):
        if getattr(options, option) not in (None, []) and len(links) != 1:
            parser.error(f"--{option} goes with one link")
    checksum = _checksum(options.checksum)
    settings = read_settings(paths.settings)
    folder = check_folder(options.to or settings.download_directory or default_download_directory())
    retries = settings.max_retries if options.retries is None else options.retries
    headers = _headers(options.header, options.header_file)
    orders = []
    for number, link in enumerate(links, 1):
        try:
            order = order_to(
                folder,
                link.url,
                options.name or link.name,
                max_retries=retries,
                paused=options.paused,
                headers=headers,
                checksum=checksum or link.checksum,
                mirrors=[*link.mirrors, *options.mirror],
                expected_bytes=link.size_bytes,
                priority=Priority(options.priority),
            )
        except InvalidUrl as error:
            which = f"Link {number} of {len(links)}: " if len(links) > 1 else ""
            raise InvalidUrl(f"Nothing was added. {which}{error}") from error
        orders.append(order)
    secrets = SecretStore(paths.database.parent)
    for job in _with_store(paths, lambda store: add_orders(store, secrets, orders, now_ms())):
        print(job.id)
    _complain_of_left_out(options.from_file, file)
    return 1 if file.left_out else 0


def _one_of(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"


def _add_parser() -> argparse.ArgumentParser:
    parser = _command_parser("add", "Add downloads; prints one job id a line, in order.")
    parser.add_argument("urls", nargs="*", metavar="URL")
    parser.add_argument(
        "--mirror",
        metavar="URL",
        action="append",
        default=[],
        help="one more link to the file of the one URL, taken when another fails; repeatable",
    )
    parser.add_argument("--to", metavar="DIR", help="the folder to save to")
    parser.add_argument("--name", help="the file's name; for one URL")
    parser.add_argument("--retries", type=int, metavar="N", help="-1: until it succeeds")
    parser.add_argument("--checksum", metavar="TEXT", help=f"{_CHECKSUM_HELP}; for one URL")
    parser.add_argument("--paused", action="store_true", help="add it, but do not start it yet")
    parser.add_argument(
        "--priority",
        metavar="LEVEL",
        choices=list(map(str, Priority)),
        default=str(Priority.NORMAL),
        help=f"{_one_of(Priority)}; those of a higher level start first",
    )
    parser.add_argument(
        "--from-file",
        metavar="FILE",
        help="links, one a line (- reads stdin), or a .url, .desktop, .metalink, .meta4 or .html",
    )
    parser.add_argument(
        "--header",
        metavar="'NAME: VALUE'",
        action="append",
        default=[],
        help="sent along to the server of each URL, as Cookie or Authorization; repeatable",
    )
    parser.add_argument(
        "--header-file", metavar="FILE", help="such headers, one a line; - reads stdin"
    )
    return parser


def _checksum(text: str | None) -> "Checksum | None":
    """The checksum of an option; raises InvalidChecksum."""
    if text is None:
        return None
    from dlmanager.core.checksum import parse_checksum  # no other command reads any

    return parse_checksum(text)


def _link_file(name: str) -> "LinkFile":
    """The links of a file, by what its name ends with; a list is taken line by line.

    Raises BadInput if there is none. Each line of a list is meant as a link, so a bad one is for
    the check to refuse; of what else stands in a page or a metalink it can only be told.
    """
    from dlmanager.core.link_files import MARKUP_EXTENSIONS, FileLink, LinkFile
    from dlmanager.desktop.link_files import read_link_file

    if name.rpartition(".")[2].lower() not in MARKUP_EXTENSIONS:
        return LinkFile(tuple(map(FileLink, _lines_in(name, "links"))), ())
    file = read_link_file(name)
    if not file.links:
        _complain_of_left_out(name, file)
        raise BadInput(f"Nothing was added. There is no link in {name} that can be used.")
    return file


def _complain_of_left_out(name: str, file: "LinkFile") -> None:
    for entry in file.left_out:
        complain(f"{name}, {entry.where}: {entry.reason}")


def _headers(given: Sequence[str], file: str | None) -> list[Header]:
    """The headers of the options; raises BadInput, whose words hold none of the values."""
    lines = [*given, *(_lines_in(file, "headers") if file else ())]
    if len(lines) > MAX_HEADERS:
        raise BadInput(f"There are more than {MAX_HEADERS} headers.")
    return [parse_header(line) for line in lines]


def _lines_in(name: str, what: str) -> list[str]:
    """The lines of a text file; empty ones and those that begin with # are left out."""
    try:
        data = _first_bytes(name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a file"
        raise BadInput(f"The {what} in {name} cannot be read ({reason}).") from error
    if len(data) > MAX_LIST_BYTES:
        megabytes = MAX_LIST_BYTES // 1024**2
        raise BadInput(f"There is more than {megabytes} MB in {name}. Split it into several files.")
    try:
        text = _decoded(data)
    except ValueError as error:
        raise BadInput(f"The {what} in {name} cannot be read ({error}).") from error
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _decoded(data: bytes) -> str:
    """The text of a file by the mark at its beginning, else as UTF-8.

    Raises ValueError with what the text is not.
    """
    mark, encoding = next((each for each in _MARKS.items() if data.startswith(each[0])), (b"", ""))
    name = encoding or "UTF-8"
    if not encoding and b"\0" in data[:2]:
        raise ValueError("it looks like UTF-16 without a mark at its beginning; save it as UTF-8")
    try:
        return data[len(mark) :].decode(name)
    except UnicodeDecodeError:
        raise ValueError(f"it is not {name.removesuffix('-LE').removesuffix('-BE')} text") from None


def _first_bytes(name: str) -> bytes:
    """What is read of a list; as bytes, so that standard input may begin with a mark of UTF-8."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_LIST_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_LIST_BYTES + 1)


def _list(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _command_parser("list", "Show the queue.")
    parser.add_argument("--json", action="store_true", help="all there is, as a JSON array")
    parser.add_argument(
        "--status",
        type=_status,
        metavar="S",
        help=f"only jobs in this state: {', '.join(Status)}",
    )
    options = parser.parse_args(arguments)
    jobs = _with_store(paths, lambda store: store.call(JobStore.list_jobs, options.status))
    if options.json:
        _print_json([json_object(job) for job in jobs])
    else:
        from dlmanager.terminal import job_table

        # Not asked needlessly: for the moment of the question nobody can take the lock.
        is_running = any(job.status is Status.PROCESSING for job in jobs)
        is_running = is_running and queue_lock(paths.database.resolve()).is_held()
        print("\n".join(job_table(jobs, now_ms(), is_running=is_running)))
    return 0


def _status(text: str) -> Status:
    try:
        return Status(text.upper())
    except ValueError:
        words = f"{text!r} is none of {', '.join(Status)}"
        raise argparse.ArgumentTypeError(words) from None


def _show(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _command_parser("show", "Show all that is known of one job.")
    parser.add_argument("id", metavar="ID", help="the job's id, or how it begins")
    parser.add_argument("--json", action="store_true", help="as a JSON object")
    options = parser.parse_args(arguments)
    from dlmanager.store import mirrors  # here: no other command reads them

    def find(store: StoreThread) -> tuple[Job, list["Mirror"]]:
        job = _find(store, options.id)
        return job, store.call(mirrors.read, job.id)

    job, known = _with_store(paths, find)
    facts = json_object(job)
    if options.json:
        _print_json({**facts, "mirrors": [asdict(each) for each in known]})
    else:
        for name, value in facts.items():
            print(f"{name:18} {'' if value is None else value}".rstrip())
        for mirror in known:
            print(f"{f'mirror {mirror.position}':18} {_record_line(mirror)}")
    return 0


def _record_line(mirror: "Mirror") -> str:
    """A mirror and its record in one line."""
    record = f"tries: {mirror.tries}, failed: {mirror.failures}, bytes: {mirror.bytes_received}"
    if mirror.speed_bytes_s is not None:
        record += f", {round(mirror.speed_bytes_s)} bytes/s"
    return f"{mirror.url} ({record})" + (f": {mirror.last_error}" if mirror.last_error else "")


_WISH_HELP = {
    Wish.START: "Start jobs now; where the limit is reached, the last running one makes room and "
    "goes on later from where it was."
}


def _wish_command(wish: Wish) -> Callable[[Paths, Sequence[str]], int]:
    def command(paths: Paths, arguments: Sequence[str]) -> int:
        parser = _command_parser(
            wish.value, _WISH_HELP.get(wish, f"{wish.value.capitalize()} jobs.")
        )
        parser.add_argument("ids", nargs="+", metavar="ID", help="a job's id, or how it begins")
        options = parser.parse_args(arguments)
        return _with_store(paths, lambda store: _do_wish(store, wish, options.ids))

    return command


def _do_wish(store: StoreThread, wish: Wish, given: Sequence[str]) -> int:
    """Write the wish to the queue; a program that works on the queue follows within a second."""
    wanted = [_find(store, each) for each in given]
    changed = store.call(fulfil, wish, [job.id for job in wanted], now_ms())
    asked = {job.id for job in wanted}
    for job in store.call(JobStore.left_parts):
        # Where a program works on the queue, it holds the part and throws it away itself; and what
        # was removed in a window may still be wanted back.
        if job.id in asked and discard_part(job, job_lock(store.path, job.id)):
            store.call(JobStore.forget_part, job.id, now_ms())
    done = {job.id for job in changed}
    for job in wanted:
        if job.id not in done:
            complain(f"{job.id} is {job.status} and cannot be asked to {wish}.")
    return 0 if len(done) == len(asked) else 1


def _prioritize(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _command_parser(
        "prioritize", "Give jobs a level of priority, or move them inside the one they have."
    )
    parser.add_argument("ids", nargs="+", metavar="ID", help="a job's id, or how it begins")
    parser.add_argument(
        "to",
        metavar="LEVEL",
        choices=[*map(str, Priority), *map(str, Move)],
        help=f"{_one_of(Priority)}; or {_one_of(Move)} inside the level",
    )
    options = parser.parse_args(arguments)
    is_level = options.to in set(Priority)

    def rearrange(store: StoreThread) -> int:
        wanted = [_find(store, each) for each in options.ids]
        ids = [job.id for job in wanted]
        if is_level:
            store.call(prioritize, ids, Priority(options.to), now_ms())
        else:
            store.call(move, ids, Move(options.to), now_ms())
        refused = [
            job for job in wanted if not (job.takes_priority if is_level else job.status in IN_LINE)
        ]
        for job in refused:
            complain(f"{job.id} is {job.status} and waits for no turn.")
        return 1 if refused else 0

    return _with_store(paths, rearrange)


def _edit(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _command_parser("edit", "Give a job another link to its file, or another checksum.")
    parser.add_argument("id", metavar="ID", help="the job's id, or how it begins")
    parser.add_argument(
        "--link",
        metavar="URL",
        help="bytes that are there stay if the server has the very same file",
    )
    parser.add_argument(
        "--checksum",
        metavar="TEXT",
        help=f"what the file is expected to match: {_CHECKSUM_HELP}; empty for nothing",
    )
    options = parser.parse_args(arguments)
    if options.link is None and options.checksum is None:
        parser.error("give a --link, a --checksum, or both")
    checksum = _checksum(options.checksum or None)
    secrets = SecretStore(paths.database.parent)

    def change(store: StoreThread) -> None:
        job = _find(store, options.id)
        if options.link is not None:
            change_link(store, secrets, job.id, options.link)
        if options.checksum is not None and not store.call(expect, job.id, checksum, now_ms()):
            raise BadInput(f"{job.display_name} is finished. Use `dlmanager verify` instead.")

    _with_store(paths, change)
    return 0


def _verify(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _command_parser(
        "verify",
        "Hold finished files against their checksums; exit status 1 if one is wrong or cannot be "
        "verified.",
    )
    parser.add_argument("ids", nargs="+", metavar="ID", help="a job's id, or how it begins")
    parser.add_argument("--checksum", metavar="TEXT", help=f"{_CHECKSUM_HELP}; for one ID")
    options = parser.parse_args(arguments)
    if options.checksum is not None and len(options.ids) != 1:
        parser.error("--checksum goes with one ID")
    checksum = _checksum(options.checksum)

    def verify(store: StoreThread) -> int:
        wanted = [_find(store, each) for each in options.ids]
        verified = [_is_verified(store, job, checksum) for job in wanted]
        return 0 if all(verified) else 1

    return _with_store(paths, verify)


def _is_verified(store: StoreThread, job: Job, given: "Checksum | None") -> bool:
    """Hash the file of a job, note what came of it, and tell in one line."""
    from dlmanager.engine.file_check import checksum_to_verify, finished_file
    from dlmanager.engine.hashing import Hashing

    try:
        checksum = checksum_to_verify(job, given)
        with finished_file(job) as descriptor:
            found = Hashing(descriptor, checksum.kind).run()
    except (BadInput, CannotOpen) as error:
        complain(f"{job.id}: {error}")
        return False
    assert found is not None  # nobody cancels it
    store.call(note_check, job.id, job.path or "", checksum, found, now_ms())
    if found == checksum.hex:
        print(f"VERIFIED  {job.id}  {job.path}")
        return True
    print(f"MISMATCH  {job.id}  {job.path}  expected {checksum}, found {checksum.kind}:{found}")
    return False


def _find(store: StoreThread, given: str) -> Job:
    """The one job whose id is, or begins with, what was given; raises UnknownJob."""
    found = store.call(JobStore.find, given) if given else []
    if len(found) == 1:
        return found[0]
    problem = "No job has" if not found else "Several jobs have"
    raise UnknownJob(f"{problem} an id that begins with {given!r}. See `dlmanager list`.")


def json_object(job: Job) -> dict[str, Any]:
    """A job as scripts see it: every column under its own name, and `path`."""
    return {**job._asdict(), "path": job.path}


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _with_store(paths: Paths, use: Callable[[StoreThread], T]) -> T:
    refuse_to_begin_anew(paths.database, now_ms())
    store = StoreThread(paths.database)
    try:
        return use(store)
    finally:
        store.close()


# Settings


def _config(paths: Paths, arguments: Sequence[str]) -> int:
    parser = _command_parser("config", "Show or change settings.")
    actions = parser.add_subparsers(dest="action", metavar="list | get KEY | set KEY VALUE")
    actions.add_parser("list", help="show all settings")
    actions.add_parser("get", help="show one setting").add_argument("key", metavar="KEY")
    set_parser = actions.add_parser("set", help="change one setting")
    set_parser.add_argument("key", metavar="KEY")
    set_parser.add_argument("value", metavar="VALUE")
    options = parser.parse_args(arguments)
    settings = read_settings(paths.settings)
    if options.action == "get":
        describe(options.key)
        print(_shown(settings, options.key))
    elif options.action == "set":
        value = _checked_setting(paths, options.key, options.value)
        write_settings(paths.settings, with_setting(settings, options.key, value))
    else:
        for name in setting_names():
            print(f"{name} = {_shown(settings, name)}  # {explain(name)}")
    return 0


def _shown(settings: Settings, name: str) -> str:
    text = as_text(getattr(settings, name))
    return redact_url(text) if name == "proxy" else text  # somebody may have written it there


def _checked_setting(paths: Paths, name: str, text: str) -> str:
    """A path in full and known to be good, so that it means the same wherever we start."""
    if name == "wget_executable_path" and text:
        from dlmanager.app import ask_wget

        return ask_wget(text)
    return checked_value(name, text, SecretStore(paths.database.parent))


_COMMANDS: dict[str, Callable[[Paths, Sequence[str]], int]] = {
    "add": _add,
    "run": _run,
    "list": _list,
    "show": _show,
    **{wish.value: _wish_command(wish) for wish in Wish},
    "prioritize": _prioritize,
    "edit": _edit,
    "verify": _verify,
    "config": _config,
}
