"""The lines of the add dialog, looked at one by one: what can be added, and what is in the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dlmanager.core.checksum import (
    ChecksumList,
    is_checksum_list,
    parse_checksum,
    parse_checksum_list,
)
from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import (
    BadInput,
    InvalidChecksum,
    InvalidFolder,
    InvalidName,
    InvalidUrl,
)
from dlmanager.core.filenames import suggest_filename
from dlmanager.core.job import Job, NewJob
from dlmanager.core.link_files import FileLink
from dlmanager.core.mirrors import MAX_MIRRORS
from dlmanager.core.priority import Priority
from dlmanager.core.ranges import LinkRange, range_in
from dlmanager.gui.queue import Queue
from dlmanager.gui.sentences import in_window_language

MAX_LINKS = 200_000
"""How many links are added at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the fields beside the links say.

    checksums: as written; one, or a list. files: what a file says of its links. is_one_file: all
    links are mirrors of one file.
    """

    folder: str
    name: str | None
    max_retries: int
    paused: bool
    checksums: str = ""
    files: Mapping[str, FileLink] = field(default_factory=dict)
    is_one_file: bool = False
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Why an order may be one too many: the same link has a job, or stands in a line above."""

    job: Job | None
    line: int | None


@dataclass(slots=True)
class Findings:
    """What a look at all lines found; lines are counted from 0.

    duplicates: by the place of the order among the orders. ranges: (line, what it stands for).
    bad_lines: (line, what is wrong). folder, name, checksum: what is wrong with them, else empty;
    nothing is wanted while the checksum is. one_checksum: what is expected of the one link.
    checksum_list: what was given in its place, None where that was no list; listed: how many of
    the orders are in it.
    """

    orders: list[NewJob] = field(default_factory=list)
    duplicates: dict[int, Duplicate] = field(default_factory=dict)
    ranges: list[tuple[int, LinkRange]] = field(default_factory=list)
    bad_lines: list[tuple[int, str]] = field(default_factory=list)
    folder: str = ""
    name: str = ""
    checksum: str = ""
    one_checksum: Checksum | None = None
    checksum_list: ChecksumList | None = None
    listed: int = 0
    is_single: bool = False
    is_one_file: bool = False
    has_lines: bool = False

    def wanted(self, *, duplicates_too: bool) -> list[NewJob]:
        """Return the orders to be added."""
        if self.checksum or self.needs_file_name:
            return []  # nobody who gave one wants the file unchecked
        if duplicates_too or not self.duplicates:
            return self.orders
        return [order for n, order in enumerate(self.orders) if n not in self.duplicates]

    @property
    def needs_file_name(self) -> bool:
        """Whether one checksum was given that does not tell which of several links it is for."""
        if self.is_one or not self.has_lines or self.one_checksum is None:
            return False
        return self.checksum_list is not None and not self.checksum_list.checksums

    @property
    def is_one(self) -> bool:
        """Whether all that was given is for one file: it has one link, or mirrors."""
        return self.is_single or self.is_one_file

    @property
    def may_be_one_file(self) -> bool:
        """Whether several links may be mirrors of one file; a range is of several files."""
        if self.ranges or len(self.orders) > MAX_MIRRORS:
            return False
        return len({each.url for each in self.orders}) > 1

    @property
    def look_like_one_file(self) -> bool:
        """Whether the links end alike, as mirrors mostly do."""
        return len({suggest_filename(each.url).casefold() for each in self.orders}) == 1

    @property
    def jobs(self) -> list[Job]:
        """The jobs that have one of the links already, each once."""
        jobs = [each.job for each in self.duplicates.values() if each.job is not None]
        return list({job.id: job for job in jobs}.values())


def look_at(
    lines: Sequence[str],
    wanted: Wanted,
    queue: Queue,
    jobs_by_link: Mapping[str, Job],
    found: Findings,
) -> Iterator[None]:
    """Fill the findings, a link at a step."""
    found.is_one_file = wanted.is_one_file
    _read_checksums(wanted.checksums, found)
    different = _different(lines)
    found.has_lines, found.is_single = bool(different), len(different) == 1
    first_lines: dict[str, int] = {}
    for number, written in enumerate(lines):
        line = written.strip()
        if not line:
            continue
        try:
            links = range_in(line)
            if links is not None:
                found.is_single = False
                _refuse_too_many(len(found.orders) + links.count)
            for link in (line,) if links is None else links.links():
                _order(number, link, wanted, queue, jobs_by_link, found, first_lines)
                yield
            if links is not None:
                found.ranges.append((number, links))  # only now it stands for downloads
        except InvalidFolder as error:
            found.folder = in_window_language(str(error))
            return  # wrong for every line alike: looking at ten thousand lines says no more
        except InvalidName as error:
            found.name = in_window_language(str(error))
        except BadInput as error:
            found.bad_lines.append((number, in_window_language(str(error))))
        yield


def _read_checksums(text: str, found: Findings) -> None:
    if not text.strip():
        return
    try:
        if is_checksum_list(text):
            found.checksum_list = parse_checksum_list(text)
            if not found.checksum_list.checksums:
                raise InvalidChecksum(found.checksum_list.bad_lines[0].reason)
        else:
            found.one_checksum = parse_checksum(text)
            # With its name it is as good as a list of one.
            found.checksum_list = parse_checksum_list(text)
    except InvalidChecksum as error:
        found.checksum = in_window_language(str(error))


def _checksum_for(order: NewJob, found: Findings) -> Checksum | None:
    """What is expected of an order; where it is not alone, by the name of its file."""
    if found.is_one and found.one_checksum is not None:
        return found.one_checksum
    if found.checksum_list is None:
        return None
    checksum = found.checksum_list.of(order.filename or suggest_filename(order.url))
    found.listed += checksum is not None
    return checksum


def _different(lines: Sequence[str]) -> set[str]:
    """Return the filled lines, each once, or two of them if there are more."""
    found: set[str] = set()
    for line in lines:
        if line.strip():
            found.add(line.strip())
            if len(found) > 1:
                break
    return found


def _order(
    number: int,
    link: str,
    wanted: Wanted,
    queue: Queue,
    jobs_by_link: Mapping[str, Job],
    found: Findings,
    first_lines: dict[str, int],
) -> None:
    _refuse_too_many(len(found.orders) + 1)
    file = wanted.files.get(link) or FileLink(link)
    name = wanted.name if found.is_one and wanted.name else file.name
    order = queue.order(
        link,
        wanted.folder,
        name,
        max_retries=wanted.max_retries,
        paused=wanted.paused,
        mirrors=file.mirrors,
        expected_bytes=file.size_bytes,
        priority=wanted.priority,
    )
    if (checksum := _checksum_for(order, found) or file.checksum) is not None:
        order = replace(order, checksum=checksum)
    # Of the link alone: the secrets of a link are no part of it any more.
    job, line = jobs_by_link.get(order.url), first_lines.get(order.url)
    if job is not None or line is not None:
        found.duplicates[len(found.orders)] = Duplicate(job, line)
    first_lines.setdefault(order.url, number)
    found.orders.append(order)


def _refuse_too_many(count: int) -> None:
    if count > MAX_LINKS:
        raise InvalidUrl(f"More than {MAX_LINKS:,} links cannot be added at once.")
