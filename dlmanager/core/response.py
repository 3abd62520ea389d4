"""What a server said about a file: one answer's head, and the validators kept from it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Response:
    """One header block of an HTTP answer, as wget -S prints it.

    status: None where the server sent no HTTP status line (HTTP/0.9).
    headers: (lower-case name, value) in order, repeats kept. url: the address asked, as wget
    shows it, None if not seen.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    url: str | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header (lower-case name), or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Validators:
    """What identifies one version of a remote file; None is unknown.

    etag: as sent, with quotes and, when weak, its W/ prefix. total: bytes of the whole file.
    """

    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
