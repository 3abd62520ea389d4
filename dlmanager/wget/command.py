"""The command line and the environment that wget is started with."""

import re
from pathlib import PurePath

_BREAKS = re.compile(r"[\r\n\0]")


def build_arguments(
    part_path: str,
    *,
    condition: str | None,
    user_agent: str,
    config_path: str | None = None,
    follows_redirects: bool = True,
) -> list[str]:
    """Return wget's arguments for one attempt; the link goes to its standard input, one line.

    part_path: absolute; the file may exist, new bytes are appended. condition: a whole header
    line from `core.validators.condition_header`, given only if the part is not empty.
    config_path: an absolute path, read in place of every other configuration file.
    Raises ValueError if a value holds CR, LF or NUL, or the path is not absolute.
    Source: GNU wget manual; every effect was measured on wget 1.21.3.
    """
    if not PurePath(part_path).is_absolute():
        # A relative one could begin with a hyphen, and `-` alone is standard output.
        raise ValueError("the path of the part must be absolute")
    arguments = [
        # Either way neither ~/.wgetrc nor WGETRC has a say; the first of the two options wins.
        "--no-config" if config_path is None else f"--config={config_path}",
        "--no-hsts",  # no file shared with other wgets in HOME
        "--no-netrc",  # no credentials that nobody asked for
        "--no-iri",  # the link as it stands, not decoded and encoded anew (and asked for twice)
        "-S",  # the headers: exit codes alone tell neither 404 from 429 nor one file from another
        "--progress=bar:force:noscroll",  # by the clock: never silent, never a flood
        "--tries=1",  # retries are ours: wget's own join two versions of a file
        "--waitretry=0",
        # wget takes what it is given along to any server: with secrets, redirects are ours.
        "--max-redirect=10" if follows_redirects else "--max-redirect=0",
        "-e",
        "ftp_proxy=http://127.0.0.1:9",  # redirects to ftp die here; --no-proxy would undo it
        "--dns-timeout=10",  # the defaults are none, none, and 15 minutes
        "--connect-timeout=15",
        "--read-timeout=30",  # ends a stalled TLS handshake too
        "--no-use-server-timestamps",
        "--header=Accept-Encoding: identity",  # lengths and ranges are those of the file itself
        f"--user-agent={user_agent}",
    ]
    if condition is not None:
        # If-Match or If-Unmodified-Since: wget joins what it gets, so the server has to refuse.
        arguments.append(f"--header={condition}")
    arguments += [
        "-c",  # append to what is there
        "-O",  # the name is ours, never the server's
        part_path,
        "-i",  # from standard input: a link on the command line can be read by every user
        "-",
    ]
    return _checked(arguments)


def build_environment(home: str, search_path: str) -> dict[str, str]:
    """Return wget's whole environment, so that nothing of ours leaks in.

    No proxy variables, LANGUAGE (it beats LC_ALL=C.UTF-8), WGETRC, SSLKEYLOGFILE or LD_PRELOAD.
    home: an empty folder of our own, also for temporary files.
    Raises ValueError if a value holds CR, LF or NUL.
    """
    _checked([home, search_path])
    return {"PATH": search_path, "LC_ALL": "C", "HOME": home, "TMPDIR": home}


def build_command(
    wget_path: str, arguments: list[str], setpriv_path: str | None
) -> tuple[str, list[str]]:
    """Return program and arguments to start; with setpriv, wget dies together with us.

    Without it a wget whose parent was killed goes on writing. setpriv keeps the process id.
    Raises ValueError if a value holds CR, LF or NUL.
    """
    if setpriv_path is None:
        return _checked([wget_path])[0], _checked(arguments)
    _checked([setpriv_path])
    return setpriv_path, ["--pdeathsig", "KILL", "--", *_checked([wget_path, *arguments])]


def _checked(values: list[str]) -> list[str]:
    # Not the value itself in the message: it may be a secret.
    if any(map(_BREAKS.search, values)):
        raise ValueError("a line break or NUL in a value for wget")
    return values
