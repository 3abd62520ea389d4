"""Whether a window can be shown here."""

from collections.abc import Mapping, Sequence

HEADLESS_WORDS = frozenset(
    {
        *("add", "run", "list", "show", "pause", "resume", "cancel", "retry", "remove", "config"),
        *("--help", "-h", "--version"),
    }
)

NO_DISPLAY = (
    "There is no display here for a window (neither DISPLAY nor WAYLAND_DISPLAY is set); "
    "to download without one, type: ./dev run run"
)


def has_display(platform: str, environ: Mapping[str, str]) -> bool:
    """Tell whether Qt will find something to draw on; only Linux can be without.

    platform: as sys.platform. A QT_QPA_PLATFORM counts: who sets it knows what they want.
    """
    if not platform.startswith("linux"):
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def wants_window(arguments: Sequence[str]) -> bool:
    """Tell whether the application would open its window for these arguments.

    Any headless word counts, wherever it stands: letting a window fail with Qt's own message is
    better than refusing a command that needs none.
    """
    return HEADLESS_WORDS.isdisjoint(arguments)
