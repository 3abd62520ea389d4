"""Which wget is it: read from what `wget --version` prints."""

import re
from typing import NamedTuple

from dlmanager.core.errors import WgetUnusable
from dlmanager.core.shown import printable

_GNU_WGET = re.compile(r"GNU Wget (\d{1,4})\.(\d{1,4})(?:\.(\d{1,9}))?", re.ASCII)
_INSTALL = "Install GNU wget 1.16 or newer, or choose another one in the settings."


class WgetVersion(NamedTuple):
    """The version of GNU wget; compares as people expect."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


MINIMUM_VERSION = WgetVersion(1, 16, 0)
"""The first with `--no-config` and `--progress=bar:force:noscroll`."""


def check_version_output(output: str, wget_path: str) -> WgetVersion:
    """Return the version, or raise WgetUnusable with what to do.

    output: standard output and error of `wget --version`, as much as there is.
    """
    path = printable(wget_path)
    first_line = output.lstrip().partition("\n")[0]
    found = _GNU_WGET.match(first_line)
    if found is not None:
        version = WgetVersion(*(int(part or 0) for part in found.groups()))
        if version < MINIMUM_VERSION:
            raise WgetUnusable(f"{path} is version {version}, which is too old. {_INSTALL}")
        return version
    if first_line.startswith("GNU Wget2"):
        # wget2 1.99.1 reports success for a file that was cut short.
        raise WgetUnusable(f"{path} is wget2, which works differently. {_INSTALL}")
    if "BusyBox" in output[:4096]:
        raise WgetUnusable(f"{path} is the small wget of BusyBox. {_INSTALL}")
    raise WgetUnusable(f"{path} is not GNU wget. {_INSTALL}")
