"""How far the wall clock was set, told by a clock that nobody sets."""

TOLERANCE_MS = 2_000
"""Less than this is the time between two readings, or a clock that is being corrected."""


class ClockWatch:
    """Compares the two clocks from call to call; both in milliseconds, passed in.

    steady_ms: of a clock that also goes on while the machine sleeps, so that sleep is no jump.
    """

    def __init__(self, wall_ms: int, steady_ms: int) -> None:
        self._ahead_ms = wall_ms - steady_ms

    def jump_ms(self, wall_ms: int, steady_ms: int) -> int:
        """How far the wall clock was set since the last call; negative: back."""
        ahead_ms = wall_ms - steady_ms
        jump_ms, self._ahead_ms = ahead_ms - self._ahead_ms, ahead_ms
        return jump_ms if abs(jump_ms) > TOLERANCE_MS else 0
