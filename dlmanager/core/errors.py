"""The exceptions a caller may want to handle, and the kinds of failure a job's row can hold.

DlmanagerError
  BadInput              what a person or a script gave cannot be used; nothing was changed
    InvalidUrl          not an absolute http or https link
    InvalidFolder       the target folder is missing, not a folder, or not writable
    InvalidName         the wanted file name is not one safe component
    InvalidChecksum     not a checksum of a kind that can be checked
    InvalidSetting      unknown setting, or a value out of its range
    UnknownJob          no job has this id
  Surroundings          the machine is not as we need it; the message says what to do
    StoreUnusable       the database cannot be opened, read or written
      StoreUnusableNow  as the disk is full or read-only, or somebody has it locked: that may pass
      StoreDamaged      it is no database, or a damaged one: it will not get better by waiting
    SecretsUnusable     user names and passwords cannot be kept or read
  SecretsUnusable     user names and passwords cannot be kept or read
  QueueInUse          another dlmanager works on the same data
    SettingsUnreadable  the settings file cannot be read or is not valid
    CannotOpen          a finished file is gone, or no program opens it
    CannotDelete        a finished file cannot be moved to the trash; it is where it was
    WgetUnusable        wget is missing, not executable, too old, or another program

A download that fails is none of these: it is data on its job (`ErrorKind`, `error_message`).
"""

import errno
from enum import StrEnum


class DlmanagerError(Exception):
    """Root of our tree; `str()` is one plain sentence for people."""


class BadInput(DlmanagerError):
    """What was given cannot be used; nothing was changed."""


class InvalidUrl(BadInput):
    """Not an absolute http or https link that we can hand to wget safely."""


class InvalidFolder(BadInput):
    """The target folder is missing, not a folder, or not writable."""


class InvalidName(BadInput):
    """The wanted file name is not one safe path component."""


class InvalidChecksum(BadInput):
    """Not a checksum, or of a kind that cannot be checked."""


class InvalidSetting(BadInput):
    """Unknown setting, or a value out of its range."""


class UnknownJob(BadInput):
    """No job has this id."""


NOT_IN_LIST = "This download is not in the list any more."
"""What is told of a job that was there when a person asked for something."""


class Surroundings(DlmanagerError):
    """The machine is not as we need it."""


class StoreUnusable(Surroundings):
    """The database cannot be opened, read or written."""


class StoreUnusableNow(StoreUnusable):
    """The disk is full, read-only or out of order, or somebody has the database locked."""


class StoreDamaged(StoreUnusable):
    """The database is damaged, or the file is none: whoever holds the queue's lock replaces it."""


class QueueInUse(Surroundings):
    """Another dlmanager already works on the same data."""


class SecretsUnusable(Surroundings):
    """The keyring, or the file in its place, cannot be read or written."""


class SettingsUnreadable(Surroundings):
    """The settings file cannot be read or does not hold valid settings."""


class CannotOpen(Surroundings):
    """A finished file is not there any more, or the system has no program for it."""


class CannotDelete(Surroundings):
    """A finished file could not be moved to the system's trash; it is where it was."""


class WgetUnusable(Surroundings):
    """wget is missing, not executable, too old, or another program."""


def may_pass(error: OSError) -> bool:
    """Whether waiting may help: the disk is full, read-only or out of order."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


class ErrorKind(StrEnum):
    """Why an attempt failed, as stored in the column error_kind; the words are in error_message."""

    DNS = "dns"
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    TOO_SLOW = "too_slow"
    TLS = "tls"
    AUTH = "auth"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    SERVER = "server"
    RATE_LIMITED = "rate_limited"
    REDIRECT = "redirect"
    BAD_ANSWER = "bad_answer"
    INCOMPLETE = "incomplete"
    CHANGED = "changed"
    DISK_FULL = "disk_full"
    FOLDER = "folder"
    WGET = "wget"
    KILLED = "killed"
    INTERRUPTED = "interrupted"
    BUSY = "busy"
    VANISHED = "vanished"
    WEB_PAGE = "web_page"
    CHECKSUM = "checksum"


ASKED_ON_THE_WAY = frozenset({407, 511})
"""HTTP statuses of a proxy, or of a network that wants a login: no server of the file has a say."""
