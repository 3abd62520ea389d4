"""A scripted fault and the list of them, which answers.py fills."""

from collections.abc import Callable
from dataclasses import dataclass

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Verification
from tests.integration.loopback_server import Body, Content, LoopbackServer

SIZE = 300_000
FILE = Content(SIZE, seed=1)
Script = Callable[[LoopbackServer, str], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a server fails.

    number: in the list of faults. right: what may be delivered; None: nothing may be, and the
    download fails with `kind`. requests: how many it takes, exactly. confirmed: whether the size
    of what is delivered is known to be right.
    """

    name: str
    number: int
    script: Script
    right: Body | None
    kind: ErrorKind | None
    requests: int
    verification: Verification

    @property
    def path(self) -> str:
        """Where on the server it is."""
        return f"/{self.name}.bin"

    def play(self, server: LoopbackServer) -> str:
        """Script the server and return the link."""
        self.script(server, self.path)
        return server.url(self.path)


FAULTS: list[Fault] = []


def delivers(
    number: int,
    *,
    requests: int,
    right: Body = FILE,
    verification: Verification = Verification.SIZE,
) -> Callable[[Script], Script]:
    """Note a fault after which the right file must be there."""
    return _noted(number, right, None, requests, verification)


def fails(number: int, kind: ErrorKind, *, requests: int = 1) -> Callable[[Script], Script]:
    """Note a fault after which there must be no file, but a reason."""
    return _noted(number, None, kind, requests, Verification.NONE)


def _noted(
    number: int, right: Body | None, kind: ErrorKind | None, requests: int, told: Verification
) -> Callable[[Script], Script]:
    def note(script: Script) -> Script:
        FAULTS.append(Fault(script.__name__[2:], number, script, right, kind, requests, told))
        return script

    return note


def fault_named(name: str) -> Fault:
    """Return one of them."""
    return next(fault for fault in FAULTS if fault.name == name)
