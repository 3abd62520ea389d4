"""What may become a file's name anywhere: the invariants that every suggested name holds."""

import re
import unicodedata

from dlmanager.core.filenames import (
    MAX_COMPONENT_BYTES,
    MAX_NAME_BYTES,
    check_filename,
    numbered_name,
    part_name,
    safe_filename,
)

_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def assert_safe(name: str) -> None:
    """One component, readable, no device, and short enough for a number and the part's suffix."""
    assert name
    assert name == unicodedata.normalize("NFC", name)
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert not re.search(r'[/\\<>:"|?*]', name)
    # Control and format characters: C0, C1, bidirectional marks, surrogates, private use.
    kinds = {unicodedata.category(each) for each in name} - {"Cn", "Co"}
    assert not {"Cc", "Cs", "Zl", "Zp"} & kinds
    assert not set(name) & {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    assert not set(name) & {"\u200e", "\u200f", "\u061c", "\ufeff"}
    assert not name[0].isspace()
    assert name[0] not in ".-"
    assert not name[-1].isspace()
    assert name[-1] != "."
    assert name.split(".")[0].rstrip().lower() not in _DEVICES
    numbered = numbered_name(name, 999)
    assert len(numbered.encode()) <= MAX_COMPONENT_BYTES
    part = part_name(numbered, "0123456789")
    assert len(part.encode()) <= MAX_COMPONENT_BYTES
    assert part == f"{numbered}.01234567.part"
    # Safe once is safe for good, and a person may type it.
    assert safe_filename(name) == name
    assert check_filename(name) == name
