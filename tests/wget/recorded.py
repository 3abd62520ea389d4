"""What the real wget wrote, recorded by tests/data/wget_stderr/record.py."""

import json
from dataclasses import dataclass
from pathlib import Path

from dlmanager.core.response import Response
from dlmanager.wget.output import BarLine, Event, OutputParser

FOLDER = Path(__file__).parent.parent / "data" / "wget_stderr"
CASES = json.loads((FOLDER / "cases.json").read_text("utf-8"))


@dataclass
class Reading:
    """Everything a parser told; of the bars only the last, as they depend on the chunks."""

    events: list[Event]
    last_bar: BarLine | None
    tail: list[str]

    @property
    def responses(self) -> list[Response]:
        return [event for event in self.events if isinstance(event, Response)]


def stderr_of(name: str) -> bytes:
    return (FOLDER / f"{name}.txt").read_bytes()


def read(chunks: list[bytes]) -> Reading:
    parser = OutputParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)] + parser.close()
    bars = [event for event in events if isinstance(event, BarLine)]
    others = [event for event in events if not isinstance(event, BarLine)]
    return Reading(others, bars[-1] if bars else None, parser.tail)
