"""Sentences that were made without Qt, such as why a download failed, in the window's language.

They are stored, logged and printed in English. The window knows them by their templates, which are
all listed here; what it does not know it shows as it is.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from string import Formatter

from PySide6.QtCore import QCoreApplication

Found = tuple[str, Mapping[str, str]]
"""A template, and the values in it by their names."""

CONTEXT = "Sentences"

_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=\S)")


def in_window_language(text: str) -> str:
    """Return sentences in the language of the window; English where one is not known."""
    return " ".join(
        english if found is None else _worded(*found) for english, found in parts_of(text)
    )


def parts_of(text: str) -> Iterator[tuple[str, Found | None]]:
    """Take sentences apart into those that are known, and those that are not."""
    pieces = _SENTENCE_END.split(text)
    while pieces:
        # A template may be of several sentences, and a path in it may look like an end.
        for count in range(len(pieces), 0, -1):
            part = " ".join(pieces[:count])
            if (found := template_of(part)) is not None or count == 1:
                yield part, found
                del pieces[:count]
                break


def _worded(template: str, values: Mapping[str, str]) -> str:
    words = QCoreApplication.translate(CONTEXT, template)
    return words.format(**{name: in_window_language(value) for name, value in values.items()})


@lru_cache(maxsize=1024)
def template_of(text: str) -> Found | None:
    """Return what a text was made of; None if no template for it is known."""
    for template, beginning in _BEGINNINGS.items():
        if text.startswith(beginning) and (found := _pattern(template).fullmatch(text)):
            return template, found.groupdict()
    return None


@lru_cache(maxsize=512)
def _pattern(template: str) -> re.Pattern[str]:
    parts: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P<{name}>.+?)")
    return re.compile("".join(parts), re.DOTALL)


KNOWN: tuple[str, ...] = (
    # What was asked of a row
    "This download is not in the list any more.",
    "This download is finished, so its link cannot be changed any more.",
    "Add the new link as a download of its own.",
    # Mirrors
    "A file may have {number} mirrors at most.",
    "The same mirror is given twice.",
    "Give each link once.",
    "The file on this server has another size than it should have. Check the link.",
    "This mirror was too slow.",
    "What came from this mirror does not match the {kind} checksum.",
    "{name} is a folder now, and was not deleted.",
    "{name} could not be moved to the trash, and was not deleted.",
    "Choose Open folder to delete it by hand.",
    # What was given
    "There is no link. Give one that begins with https://.",
    "This link is too long: more than {number} characters.",
    "This link holds a line break or another control character: {link}",
    "This link has a blank in it. If it belongs there, write %20 instead: {link}",
    "This link has a backslash in it, which links cannot: {link}",
    "This is an option and not a link: {link}",
    "Add https:// in front of this link: {link}",
    "This is not a link: {link}",
    "Only http and https links can be downloaded, not {scheme}.",
    "Two slashes are missing after {scheme}: in this link: {link}",
    "This link names no server: {link}",
    "The port of this link is not between 1 and 65535: {link}",
    "The server name of this link is not a valid one: {link}",
    "The user name or password in this link holds a line break, which no server takes.",
    "The file needs a name.",
    "A file name cannot hold the character {character} anywhere.",
    "The file name holds a character that cannot be seen. Type it anew.",
    "A file name cannot begin with a dot.",
    "A file name cannot begin with a hyphen.",
    "A file name cannot begin or end with a blank.",
    "A file name cannot end with a dot.",
    "{name} is a reserved name. Choose another one.",
    "The file name is too long by {number} bytes.",
    "No folder was given to save to. Choose one.",
    "The folder {folder} cannot be found. Choose another.",
    "The folder {folder} does not exist. Create it, or choose another.",
    "{folder} is not a folder. Choose a folder to save to.",
    "You may not write to the folder {folder}. Choose another.",
    "The number of retries is 0 to {number}, or -1 to try until it succeeds.",
    "This stands for {number} links, and {most} is the most for one line. "
    "Split it into several lines.",
    "The step of {range} is 0. Count by 1 or more.",
    # Checksums
    "The checksum is empty.",
    "{word} is no kind of checksum that can be checked here. "
    "These can: MD5, SHA-1, SHA-256, SHA-512, BLAKE2b.",
    "A checksum is made of the digits 0 to 9 and a to f; this is not: {text}",
    "This checksum has {number} digits. "
    "MD5 has 32, SHA-1 has 40, SHA-256 has 64, and SHA-512 has 128.",
    "A {kind} checksum has {most} digits; this one has {number}.",
    "Another line has another checksum for {name}.",
    "This line names no file.",
    "A list of checksums of more than {number} MB is not read.",
    "{name} is not finished, so there is no file to verify yet.",
    "No checksum of {name} is known. Give one to verify it.",
    "This list has no checksum of {name}.",
    "This download is finished by now.",
    "Choose Checksum again to verify its file.",
    "The file came twice and does not match its {kind} checksum.",
    "Expected: {digits}.",
    "Found: {digits}.",
    "Check where the checksum comes from.",
    "Correct it if it is wrong, then choose Retry.",
    # Files with links
    "Line {number}",
    "Entry {number} ({name})",
    "Entry {number}",
    "There is more than {number} MB in {name}. Split it into several files.",
    "This is no internet shortcut: it names no URL.",
    "This desktop entry is no link, but starts a program or is broken.",
    "This desktop entry is a link, but names no URL.",
    "More than {number} links cannot be added at once.",
    "It names no link.",
    "The page does not tell its own address, which this link is relative to: {link}",
    "This file has a document type, which no metalink may have.",
    "From here on this is no valid metalink.",
    "This is no metalink: it begins as something else.",
    "{path} cannot be read ({reason}).",
    "{path} is not a file that can be read.",
    # Settings
    "proxy is http://[user:password@]host:port, and nothing after that.",
    "proxy is http://[user:password@]host:port.",
    "{name} is a whole number, not {value}.",
    "{name} is true or false, not {value}.",
    "{name} is a text, not {value}.",
    "{name} is between {least} and {most}, not {value}.",
    "{name} is one of {choices}, not {value}.",
    "{extension} is no file extension. Write it like zip or tar.gz.",
    "{name} may not hold line breaks or control characters.",
    "There is no setting {name}. The settings are: {names}.",
    "The settings in {path} cannot be used ({reason}). Correct the file or move it away.",
    "The settings in {path} cannot be written ({reason}). Check that you may write to its folder.",
    "Until then the defaults count.",
    "Until then downloads go to {folder}.",
    # What a server answered
    "The server sent a web page instead of the file; you may have to log in there first. "
    "Open it in a browser, or keep the page.",
    "The server answered without a file (204). Check the link.",
    "The server answered without a file (205). Check the link.",
    "The server offers several files instead of one (300). Open the link in a browser.",
    "The server does not understand this link (400). Check the link.",
    "The server wants a valid user name and password (401).",
    "The server wants a valid user name and password.",
    "Edit its link, with name:password@ before the server.",
    "The server does not allow this download (403). You may have to log in there first.",
    "The server says this file does not exist (404). Check the link.",
    "The proxy wants a valid user name and password (407).",
    "The proxy wants a valid user name and password.",
    "Set proxy to http://name:password@host:port.",
    "The server waited too long for our request (408). It is worth another try.",
    "The server says this file is gone for good (410). Look for another link.",
    "The server asks us to slow down (429). Wait a while before trying again.",
    "The server may not give out this file for legal reasons (451).",
    "The server cannot do what is needed for this download (501).",
    "The server is overloaded or being repaired (503). Try again later.",
    "A server on the way did not answer in time (504). Try again later.",
    "This network wants you to log in first (511). Open a browser to do so.",
    "The server has a problem of its own ({status}). Try again later.",
    "The server refuses this download ({status}).",
    "The server cannot deliver this file ({status}).",
    "The server gave an answer that is not a file ({status}). Check the link.",
    "The server does not speak HTTP. Check the link.",
    "The server contradicts itself about the size of this file. Try another link.",
    "The server ended before the file was complete. The next try goes on from there.",
    "The server redirects without saying where to. Check the link.",
    "The server redirects to {scheme}:, which cannot be downloaded.",
    "The server redirects again and again. Open the link in a browser.",
    "The server redirects to something that is not a link. Check the link.",
    "The file on the server is not the one it was. The download starts anew.",
    "The file on the server keeps changing while it is fetched. Choose Retry later.",
    "The server did not go on where the download had stopped. The download starts anew.",
    "The server sent a piece of the file that was not asked for. Try again later.",
    "The server refuses a range that was not asked for (416). Try again later.",
    # The way to the server
    "The name {host} was not found. Check the link and your connection.",
    "The name of the server was not found. Check the link and your connection.",
    "The proxy did not get a connection to the server. Try again later.",
    "The server did not answer in time. Try again later.",
    "The server did not answer in full in time. Try again later.",
    "The server sent next to nothing for a while. The next try goes on from there.",
    "The server refused the connection. Try again later.",
    "The server cannot be reached. Check your connection.",
    "The server stopped sending. The next try goes on from there.",
    "The server closed the connection without an answer. Try again later.",
    "The connection broke off. The next try goes on from there.",
    "A secure connection could not be made. Check that the link is right.",
    "The server could not prove who it is: its certificate has expired.",
    "The server could not prove who it is: "
    "its certificate is not valid yet; check the clock of this computer.",
    "The server could not prove who it is: its certificate belongs to another server.",
    "The server could not prove who it is: its certificate has been revoked.",
    "The server could not prove who it is: its certificate is not from a known issuer.",
    # Files and disks
    "The file could not be written. Check the target folder, or choose another one.",
    "The disk is full. Make room, and the download goes on by itself.",
    "Your share of the disk is used up. Make room, and the download goes on by itself.",
    "The file is too large for this disk. Choose a folder on another one.",
    "The target folder does not exist any more. Create it, or choose another one.",
    "The target folder cannot be written to. Choose another one.",
    "The folder {folder} is gone. Bring it back, then choose Retry.",
    "The folder {folder} cannot be written ({reason}). "
    "Check that it exists and that you may write there, then choose Retry.",
    "The disk of {folder} is full. Make room, and the download goes on by itself.",
    "The disk cannot be used just now ({reason}).",
    "The partial file was moved, deleted or replaced while it was being written. "
    "Choose Retry to start again.",
    "Another process still writes this download's partial file. It goes on by itself.",
    "The downloaded file vanished before it got its final name. Choose Retry to download it again.",
    "The queue was restored from a backup, and a file of this name is there already. "
    "Choose Resume to download it once more, or remove it from the list.",
    "A partial file belongs to no download: {names}. Delete it if you do not need it.",
    "{number} partial files belong to no download: {names} and {more} more. "
    "Delete those that you do not need.",
    "{number} partial files belong to no download: {names}. Delete those that you do not need.",
    "dlmanager ended unexpectedly during this download, and no retry was left. "
    "Choose Retry to go on from where it stopped.",
    "dlmanager ended three times while it worked on this download. Resume it when you are ready.",
    "Something went wrong inside dlmanager; the log tells more.",
    "{name} is not there any more. It may have been moved or deleted.",
    "No program is known that opens this kind of file. "
    "{name} is there: choose Open folder to see it.",
    "No program is known that opens {ending} files. {name} is there: choose Open folder to see it.",
    # wget
    "wget was ended by the system (signal {signal}). Memory may have run out.",
    "wget could not be started. Check the path to wget in the settings.",
    "wget could not be started ({reason}). Check the setting wget_executable_path.",
    "wget did not accept its arguments. Install GNU wget 1.16 or newer.",
    "wget ended without asking any server. Check the link.",
    "wget cannot use this link. Check it.",
    "wget ended with the code {code}. Try again.",
    "wget was not found on this computer. "
    "Install it (for example: apt install wget), or set wget_executable_path.",
    "wget was not found at {path}. "
    "Install it there, or correct the setting wget_executable_path and start again.",
    "{path} may not be executed. "
    "Correct its permissions, or the setting wget_executable_path and start again.",
    "{path} does not run as GNU wget should. "
    "Install GNU wget, or correct the setting wget_executable_path.",
    "{path} is not GNU wget.",
    "{path} is wget2, which works differently.",
    "{path} is the small wget of BusyBox.",
    "{path} is version {version}, which is too old.",
    "Install GNU wget 1.16 or newer, or choose another one in the settings.",
    # The queue, its database and its secrets
    "Another dlmanager already works on this queue. Use its window, or end it.",
    "Your links were added to it.",
    "The data folder {folder} cannot be used ({reason}). "
    "Check that it exists and that you may write there.",
    "The folder {folder} cannot be made ({reason}).",
    "The folder {folder} cannot be written ({reason}). "
    "Check its permissions, or choose another data folder.",
    "The folder {folder} is not yours alone. Remove it and try again.",
    "Other users of this computer may write in {folder}, where the queue is kept. "
    "Better: {command}",
    "The database {path} is damaged and cannot be backed up. Quit dlmanager and start it again: "
    "it sets the file aside and puts the newest backup in its place.",
    "The database {path} was missing.",
    "The database {path} was damaged and was set aside as {name}.",
    "The backup of {date} was put in its place; what changed after it is not in the list.",
    "There is no backup to put in its place, so the queue begins anew.",
    "The database {path} was deleted while it was in use. It was written anew.",
    "The database {path} was replaced by another file while it was in use. "
    "The queue's own was put back; the other one is now {name}.",
    "The database {path} was written by a newer dlmanager. "
    "Install that version, or choose another data folder.",
    "The database {path} is missing. Start dlmanager: it puts the newest backup in its place.",
    "The database {path} is in use by another program. Close it and try again.",
    "The disk that holds {path} is full. Free some space; a running queue then goes on.",
    "The disk that holds {path} is full or out of order. Free some space on it.",
    "The disk that holds {path} is out of order. Check it.",
    "The database {path} cannot be written. Check the permissions of its folder.",
    "The database {path} cannot be opened. Check the folder's permissions.",
    "The database {path} cannot be used ({reason}).",
    "The file {path} is not a database.",
    "The database {path} is damaged.",
    "The database is damaged ({reason}).",
    "Start dlmanager anew: it sets the file aside and puts the newest backup in its place.",
    "The user name and password of this download are no longer kept. "
    "Add the link again with them in it.",
    "The keyring of this system gives no answer. Unlock it, then try again.",
    "The file {path} cannot be read. "
    "Move it away; user names and passwords then have to be given again.",
    "The file {path} cannot be written ({reason}). "
    "Check that there is room, and that you may write to its folder.",
    "Then choose Retry.",
    # What the system says of files
    "File exists",
    "File name too long",
    "Input/output error",
    "Is a directory",
    "No space left on device",
    "No such file or directory",
    "Not a directory",
    "Operation not permitted",
    "Permission denied",
    "Read-only file system",
)

# What says more comes first: "{folder} is full." would fit too much.
_BEGINNINGS = {
    template: template.partition("{")[0]
    for template in sorted(KNOWN, key=lambda each: -len(re.sub(r"{\w+}", "", each)))
}
