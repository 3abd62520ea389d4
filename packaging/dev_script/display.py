"""Whether a window can be shown here."""

import re
from collections.abc import Mapping, Sequence

_LINK = re.compile(r"https?://", re.I)

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
    """Tell whether the application would open its window for these arguments: for links alone.

    Anything else is for the application to judge, which knows its commands: a mistyped one is to
    be told about itself and not about the display.
    """
    words = list(arguments)
    while words and words[0].startswith("--data-dir"):
        del words[: 1 if "=" in words[0] else 2]
    return all(map(_LINK.match, words))
