"""wget's words in one attempt, all its runs one after the other: the last ones, without secrets."""

from collections import deque

from dlmanager.core.attempt_record import MAX_LOG_BYTES
from dlmanager.core.secrets import Carried, mask, values_of


class AttemptLog:
    """Keeps lines up to MAX_LOG_BYTES of UTF-8, the last ones."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._bytes = 0
        self._hidden: tuple[str, ...] = ()

    def hide(self, carried: Carried) -> None:
        """Leave out from now on what an attempt takes along, wherever a server repeats it."""
        self._hidden = values_of(carried)

    def append(self, line: str) -> None:
        """Add a line that is fit to be shown, but for what `hide` has named."""
        line = mask(line, self._hidden)
        self._lines.append(line)
        self._bytes += _size(line)
        while self._bytes > MAX_LOG_BYTES:
            self._bytes -= _size(self._lines.popleft())

    @property
    def text(self) -> str:
        """The lines, one after the other."""
        return "\n".join(self._lines)


def _size(line: str) -> int:
    return len(line.encode(errors="replace")) + 1
