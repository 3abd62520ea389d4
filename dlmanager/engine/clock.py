"""The wall clock, as the queue's rows hold it, and which start of the machine this is."""

import time
from functools import cache
from pathlib import Path


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds of a clock that nobody sets; it goes on while the machine sleeps (Linux)."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    return time.monotonic_ns() // 1_000_000


@cache
def boot_id() -> str:
    """A text that differs between two starts of the machine; empty if unknown (proc(5))."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
