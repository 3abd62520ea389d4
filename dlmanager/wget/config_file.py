"""The configuration file by which wget is given what nobody else may read."""

import re
from collections.abc import Sequence

_BREAKS = re.compile(r"[\r\n\0]")


def build_config(
    *,
    headers: Sequence[tuple[str, str]] = (),
    proxy: str | None = None,
    no_proxy: str = "",
    cookies_path: str | None = None,
) -> str:
    """Return the text of a file for `--config`.

    proxy: an absolute http link, user name and password percent-encoded in it. no_proxy: hosts
    and domains that it is not asked for, separated by commas. cookies_path: an existing file that
    cookies are read from and written to. Raises ValueError, whose words hold no value, for a value
    with a line break or NUL.
    Source: GNU wget manual, Wgetrc Syntax: one command a line, nothing is quoted, blanks around a
    value are lost. So user names and passwords do not come here: they may end with a blank.
    """
    lines = ["iri = off"]  # else wget complains about what is percent-encoded in a password
    lines += [f"header = {name}: {value}" for name, value in headers]
    if proxy is not None:
        lines += [f"http_proxy = {proxy}", f"https_proxy = {proxy}"]
    if no_proxy:
        lines.append(f"no_proxy = {no_proxy}")
    if cookies_path is not None:
        lines += [
            f"load_cookies = {cookies_path}",
            f"save_cookies = {cookies_path}",
            "keep_session_cookies = on",
        ]
    if any(map(_BREAKS.search, lines)):
        raise ValueError("a line break or NUL in a value for wget's configuration")
    return "\n".join([*lines, ""])
