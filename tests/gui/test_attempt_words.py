import pytest

from dlmanager.core.attempt_record import AttemptEnding, AttemptRecord
from dlmanager.gui.attempt_words import ending_text, name_text, start_text

ENDED = {"started_at": 1, "from_byte": 0, "ended_at": 2}


@pytest.mark.parametrize("ending", list(AttemptEnding))
def test_each_ending_has_words_of_its_own(ending: AttemptEnding) -> None:
    text = ending_text(AttemptRecord("a", 1, ending=ending, **ENDED))
    assert text
    assert text != ending_text(AttemptRecord("a", 1, **ENDED)) == "Ended"


@pytest.mark.parametrize(
    "ending", [AttemptEnding.RETRYING, AttemptEnding.FAILED, AttemptEnding.PAUSED]
)
def test_where_something_failed_its_message_is_the_ending(ending: AttemptEnding) -> None:
    record = AttemptRecord("a", 1, ending=ending, message="The disk is full.", **ENDED)
    assert ending_text(record) == "The disk is full."


def test_after_a_crash_the_program_is_named() -> None:
    record = AttemptRecord("a", 1, ending=AttemptEnding.INTERRUPTED, **ENDED)
    assert ending_text(record) == "The program ended in the middle of it"


def test_a_running_one_says_so() -> None:
    assert ending_text(AttemptRecord("a", 1, 1, 0)) == "It is running"


def test_where_it_began() -> None:
    assert start_text(AttemptRecord("a", 1, 1, 0)) == "the beginning"
    assert start_text(AttemptRecord("a", 1, 1, 300_000_000)) == "300\N{NO-BREAK SPACE}MB"


def test_its_name() -> None:
    assert name_text(AttemptRecord("a", 12, 1, 0)) == "Attempt 12"
