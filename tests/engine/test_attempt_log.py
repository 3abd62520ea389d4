from dlmanager.core.attempt_record import MAX_LOG_BYTES
from dlmanager.core.secrets import Carried, Secrets
from dlmanager.engine.attempt_log import AttemptLog


def test_lines_stand_one_after_the_other():
    log = AttemptLog()
    assert log.text == ""
    log.append("one")
    log.append("two")
    assert log.text == "one\ntwo"


def test_the_last_lines_are_kept_and_the_size_is_counted_in_utf_8():
    log = AttemptLog()
    for number in range(5000):
        log.append(f"Größe {number}")
    lines = log.text.split("\n")
    assert lines[-1] == "Größe 4999"
    assert MAX_LOG_BYTES - 20 < len(log.text.encode()) <= MAX_LOG_BYTES
    assert lines == [f"Größe {number}" for number in range(5000 - len(lines), 5000)]


def test_a_line_that_is_no_text_does_no_harm():
    log = AttemptLog()
    log.append("\ud800")
    assert log.text == "\ud800"


def test_what_the_attempt_takes_along_is_left_out():
    log = AttemptLog()
    log.hide(Carried(Secrets(headers=(("Cookie", "session=0123456789"),))))
    log.append("  X-Echo: session=0123456789, and 0123456789 alone")
    assert log.text == "  X-Echo: ***, and *** alone"
