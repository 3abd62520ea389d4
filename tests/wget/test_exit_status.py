import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.response import Response
from dlmanager.wget.exit_status import WgetExit, classify, never_settled
from tests.wget.recorded import CASES, read, stderr_of

NOW_S = 1795435200.0  # Mon, 23 Nov 2026 12:00:00 GMT
NO_TAIL: list[str] = []


def answer(status: int | None, **headers: str) -> Response:
    return Response(status, tuple((name.replace("_", "-"), v) for name, v in headers.items()))


def judge(
    code: int | None = 0,
    response: Response | None = None,
    tail: list[str] = NO_TAIL,
    offset_bytes: int = 0,
    size_bytes: int = 0,
    known_total: int | None = None,
    signal: int | None = None,
) -> Outcome:
    return classify(
        WgetExit(code, signal),
        response,
        tail,
        offset_bytes=offset_bytes,
        size_bytes=size_bytes,
        known_total=known_total,
        now_s=NOW_S,
    )


RECORDED = {
    "ok": (Ending.DONE, None),
    "ok_empty": (Ending.DONE, None),
    "resume_206": (Ending.DONE, None),
    "resume_200": (Ending.DONE, None),
    "resume_206_wrong_start": (Ending.RESTART, ErrorKind.CHANGED),
    "resume_206_no_range": (Ending.RESTART, ErrorKind.CHANGED),
    "resume_206_short": (Ending.RETRY, ErrorKind.INCOMPLETE),
    "fresh_206": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "fresh_206_from_0": (Ending.RETRY, ErrorKind.INCOMPLETE),
    "slow": (Ending.DONE, None),
    "slow_no_length": (Ending.PROBE, None),
    "slow_resume": (Ending.DONE, None),
    "redirect_301": (Ending.DONE, None),
    "redirect_302": (Ending.DONE, None),
    "redirect_loop": (Ending.FAIL, ErrorKind.REDIRECT),
    "redirect_no_location": (Ending.FAIL, ErrorKind.REDIRECT),
    "redirect_file": (Ending.FAIL, ErrorKind.REDIRECT),
    "redirect_ftp": (Ending.FAIL, ErrorKind.REDIRECT),
    "redirect_refused": (Ending.RETRY, ErrorKind.CONNECTION),
    "redirect_dns": (Ending.RETRY, ErrorKind.DNS),
    "s204": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "s205": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "s300": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "s304": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "s400": (Ending.FAIL, ErrorKind.REFUSED),
    "s401": (Ending.FAIL, ErrorKind.AUTH),
    "s401_digest": (Ending.FAIL, ErrorKind.AUTH),
    "s403": (Ending.FAIL, ErrorKind.REFUSED),
    "s404": (Ending.FAIL, ErrorKind.NOT_FOUND),
    "s407": (Ending.FAIL, ErrorKind.AUTH),
    "s410": (Ending.FAIL, ErrorKind.NOT_FOUND),
    "s412": (Ending.RESTART, ErrorKind.CHANGED),
    "s416_fresh": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "s416_complete": (Ending.DONE, None),
    "s416_smaller": (Ending.RESTART, ErrorKind.CHANGED),
    "s416_no_total": (Ending.RESTART, ErrorKind.CHANGED),
    "s429": (Ending.RETRY, ErrorKind.RATE_LIMITED),
    "s500": (Ending.RETRY, ErrorKind.SERVER),
    "s503_date": (Ending.RETRY, ErrorKind.SERVER),
    "s504": (Ending.RETRY, ErrorKind.SERVER),
    "s103_then_200": (Ending.DONE, None),
    "auth_in_link": (Ending.DONE, None),
    "cut_fin": (Ending.RETRY, ErrorKind.CONNECTION),
    "cut_rst": (Ending.RETRY, ErrorKind.CONNECTION),
    "no_length": (Ending.PROBE, None),
    "chunked": (Ending.PROBE, None),
    "chunked_resume_416": (Ending.DONE, None),
    "chunk_cut_inside": (Ending.PROBE, None),
    "chunk_cut_between": (Ending.RETRY, ErrorKind.CONNECTION),
    "chunked_and_length": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "two_lengths": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "negative_length": (Ending.PROBE, None),
    "too_long_body": (Ending.DONE, None),
    "http09": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "http09_resume": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "bad_status_line": (Ending.FAIL, ErrorKind.BAD_ANSWER),
    "close_at_once": (Ending.RETRY, ErrorKind.CONNECTION),
    "header_bomb": (Ending.RETRY, ErrorKind.CONNECTION),
    "hostile_headers": (Ending.DONE, None),
    "read_timeout": (Ending.RETRY, ErrorKind.TIMEOUT),
    "head_timeout": (Ending.RETRY, ErrorKind.TIMEOUT),
    "connect_timeout": (Ending.RETRY, ErrorKind.TIMEOUT),
    "unreachable": (Ending.RETRY, ErrorKind.CONNECTION),
    "refused": (Ending.RETRY, ErrorKind.CONNECTION),
    "dns_temporary": (Ending.RETRY, ErrorKind.DNS),
    "dns_unknown": (Ending.RETRY, ErrorKind.DNS),
    "bad_port": (Ending.FAIL, ErrorKind.WGET),
    "disk_full": (Ending.DISK_FULL, ErrorKind.DISK_FULL),
    "folder_missing": (Ending.FAIL, ErrorKind.FOLDER),
    "part_is_folder": (Ending.FAIL, ErrorKind.FOLDER),
    "read_only": (Ending.FAIL, ErrorKind.FOLDER),
    "bad_option": (Ending.INSTALLATION, ErrorKind.WGET),
    "no_link": (Ending.FAIL, ErrorKind.WGET),
    "tls_untrusted": (Ending.FAIL, ErrorKind.TLS),
    "tls_wrong_host": (Ending.FAIL, ErrorKind.TLS),
    "tls_expired": (Ending.FAIL, ErrorKind.TLS),
    "tls_self_signed": (Ending.FAIL, ErrorKind.TLS),
    "tls_plain_port": (Ending.RETRY, ErrorKind.TLS),
    "tls_stall": (Ending.RETRY, ErrorKind.TLS),
    "tls_ok": (Ending.DONE, None),
    "killed": (Ending.RETRY, ErrorKind.KILLED),
    "not_executable": (Ending.INSTALLATION, ErrorKind.WGET),
}


def recorded(name: str) -> Outcome:
    case = CASES[name]
    reading = read([stderr_of(name)])
    response = reading.responses[-1] if reading.responses else None
    return judge(
        case["exit_code"],
        response,
        reading.tail,
        case["offset_bytes"],
        case["size_bytes"],
        signal=case["signal"],
    )


def test_every_recorded_case_has_an_expected_ending():
    assert set(RECORDED) == set(CASES)


@pytest.mark.parametrize("name", RECORDED)
def test_a_real_wget_is_judged_rightly(name: str):
    outcome = recorded(name)
    assert (outcome.ending, outcome.error_kind) == RECORDED[name]
    assert (outcome.error_message is None) == (outcome.error_kind is None)


def test_the_words_are_one_line_for_people_without_secrets():
    told = {recorded(name).error_message for name in RECORDED} - {None}
    assert len(told) > 20
    for words in told:
        assert words is not None
        assert words.isprintable()
        assert words.endswith(".")
        assert len(words) < 120
        assert "verysecret" not in words


@pytest.mark.parametrize(
    "name, words",
    [
        ("s404", "The server says this file does not exist (404). Check the link."),
        (
            "s401",
            "The server wants a valid user name and password (401). "
            "Edit its link, with name:password@ before the server.",
        ),
        (
            "dns_temporary",
            "The name name.invalid was not found. Check the link and your connection.",
        ),
        ("redirect_ftp", "The server redirects to ftp:, which cannot be downloaded."),
        (
            "tls_wrong_host",
            "The server could not prove who it is: its certificate belongs to another server.",
        ),
        ("tls_expired", "The server could not prove who it is: its certificate has expired."),
    ],
)
def test_the_words_say_what_happened(name: str, words: str):
    assert recorded(name).error_message == words


@pytest.mark.parametrize(
    "line, words",
    [
        ("ERROR: The certificate of 'a' is not yet activated.", "not valid yet"),
        ("ERROR: The certificate of 'a' has been revoked.", "revoked"),
        ("ERROR: something new", "not from a known issuer"),
    ],
)
def test_more_words_about_certificates(line: str, words: str):
    assert words in (judge(5, tail=[line]).error_message or "")


def test_a_wait_that_the_server_asks_for_is_told():
    assert recorded("s429").retry_after_s == 120
    tomorrow = answer(503, retry_after="Mon, 23 Nov 2026 12:05:00 GMT")
    assert judge(8, tomorrow).retry_after_s == 300
    assert judge(8, answer(503, retry_after="soon")).retry_after_s is None
    assert judge(8, answer(404, retry_after="5")).retry_after_s is None
    assert judge(0, answer(200, retry_after="5", content_length="9")).retry_after_s is None


@pytest.mark.parametrize(
    "name, is_unreached",
    [
        ("dns_unknown", True),
        ("dns_temporary", True),
        ("refused", True),
        ("connect_timeout", True),
        ("redirect_dns", False),
        ("redirect_refused", False),
        ("close_at_once", False),
        ("read_timeout", False),
        ("tls_stall", False),
        ("cut_rst", False),
        ("ok", False),
    ],
)
def test_it_is_told_apart_whether_any_server_answered(name: str, is_unreached: bool):
    assert recorded(name).is_unreached is is_unreached


def test_the_status_is_kept():
    assert recorded("s404").http_status == 404
    assert recorded("ok").http_status == 200
    assert recorded("refused").http_status is None


@pytest.mark.parametrize(
    "status, ending, kind",
    [
        (408, Ending.RETRY, ErrorKind.TIMEOUT),
        (421, Ending.RETRY, ErrorKind.SERVER),
        (425, Ending.RETRY, ErrorKind.SERVER),
        (502, Ending.RETRY, ErrorKind.SERVER),
        (520, Ending.RETRY, ErrorKind.SERVER),
        (530, Ending.RETRY, ErrorKind.SERVER),
        *((refused, Ending.FAIL, ErrorKind.REFUSED) for refused in (405, 406, 411, 414, 415, 451)),
        (501, Ending.FAIL, ErrorKind.SERVER),
        (505, Ending.FAIL, ErrorKind.SERVER),
        (511, Ending.FAIL, ErrorKind.AUTH),
        *((status, Ending.FAIL, ErrorKind.BAD_ANSWER) for status in (101, 201, 202, 203, 999)),
    ],
)
def test_a_status_decides(status: int, ending: Ending, kind: ErrorKind):
    outcome = judge(8, answer(status))
    assert (outcome.ending, outcome.error_kind) == (ending, kind)
    assert str(status) in (outcome.error_message or "")


FILE = answer(200, content_length="1000")


@pytest.mark.parametrize(
    "response, offset_bytes, size_bytes, known_total, code, ending",
    [
        pytest.param(FILE, 0, 1000, None, 0, Ending.DONE, id="complete"),
        pytest.param(FILE, 0, 1000, None, 4, Ending.DONE, id="complete despite the exit code"),
        pytest.param(FILE, 0, 999, None, 0, Ending.RETRY, id="short despite the exit code"),
        pytest.param(FILE, 0, 1001, None, 0, Ending.RESTART, id="too long"),
        pytest.param(FILE, 0, 1000, 900, 0, Ending.DONE, id="fresh: the old total is void"),
        pytest.param(FILE, 500, 1000, 900, 0, Ending.RESTART, id="the total has changed"),
        pytest.param(FILE, 500, 1000, 1000, 0, Ending.DONE, id="resumed"),
        pytest.param(answer(200), 0, 1000, None, 0, Ending.PROBE, id="no length"),
        pytest.param(answer(200), 0, 1000, 1000, 0, Ending.DONE, id="no length, known total"),
        pytest.param(answer(200), 0, 999, 1000, 0, Ending.PROBE, id="no length, other size"),
        pytest.param(answer(200), 500, 999, 1000, 0, Ending.RETRY, id="resumed, no length, short"),
        pytest.param(answer(200), 500, 1001, 1000, 0, Ending.RESTART, id="no length, too long"),
        pytest.param(answer(200), 0, 10, None, 4, Ending.RETRY, id="no length, reset"),
        pytest.param(
            answer(206, content_range="bytes 5-9/10"), 5, 10, None, 0, Ending.DONE, id="206"
        ),
        pytest.param(
            answer(206, content_range="bytes 5-9/*"),
            5,
            10,
            None,
            0,
            Ending.PROBE,
            id="206, no total",
        ),
        pytest.param(
            answer(206, content_range="bytes 5-9/*"),
            5,
            10,
            10,
            0,
            Ending.DONE,
            id="206, known total",
        ),
        pytest.param(
            answer(206, content_range="bytes 0-9/10"), 0, 10, None, 0, Ending.DONE, id="whole 206"
        ),
        pytest.param(
            answer(200, content_length="5, 10"),
            0,
            5,
            None,
            0,
            Ending.FAIL,
            id="conflicting lengths",
        ),
        pytest.param(
            answer(200, content_length="5", transfer_encoding="chunked"),
            0,
            5,
            None,
            0,
            Ending.PROBE,
            id="chunked with a length",
        ),
        pytest.param(answer(416), 1000, 1000, 1000, 0, Ending.DONE, id="416 of a known total"),
        pytest.param(
            answer(416, content_range="bytes */1000"),
            1000,
            1000,
            900,
            0,
            Ending.RESTART,
            id="416, grown",
        ),
        pytest.param(
            answer(416, content_range="bytes */1000"),
            1000,
            900,
            None,
            0,
            Ending.RESTART,
            id="416, cut",
        ),
    ],
)
def test_sizes_decide_about_a_file(
    response: Response,
    offset_bytes: int,
    size_bytes: int,
    known_total: int | None,
    code: int,
    ending: Ending,
):
    outcome = judge(
        code,
        response,
        offset_bytes=offset_bytes,
        size_bytes=size_bytes,
        known_total=known_total,
    )
    assert outcome.ending is ending


@pytest.mark.parametrize("code", [0, 4, 8])
def test_only_a_file_of_the_right_size_is_done(code: int):
    done = set()
    for status in (*range(100, 600), 999, None):
        response = answer(status, content_length="1000", content_range="bytes 0-999/1000")
        if judge(code, response, size_bytes=1000).ending is Ending.DONE:
            done.add(status)
        assert judge(code, response, size_bytes=999).ending is not Ending.DONE
    assert done == {200, 206}


@pytest.mark.parametrize(
    "code, response, tail, ending, kind",
    [
        pytest.param(None, None, [], Ending.INSTALLATION, ErrorKind.WGET, id="never started"),
        pytest.param(126, None, [], Ending.INSTALLATION, ErrorKind.WGET, id="126"),
        pytest.param(6, None, [], Ending.FAIL, ErrorKind.AUTH, id="6 alone"),
        pytest.param(7, None, [], Ending.RETRY, ErrorKind.CONNECTION, id="7 alone"),
        pytest.param(8, None, [], Ending.FAIL, ErrorKind.WGET, id="8 alone"),
        pytest.param(3, None, ["new words"], Ending.FAIL, ErrorKind.FOLDER, id="3 alone"),
        pytest.param(
            3,
            FILE,
            ["Cannot write to '/x' (Disk quota exceeded)."],
            Ending.DISK_FULL,
            ErrorKind.DISK_FULL,
            id="quota",
        ),
        pytest.param(
            3,
            FILE,
            ["Cannot write to '/x' (File too large)."],
            Ending.FAIL,
            ErrorKind.FOLDER,
            id="large",
        ),
        pytest.param(
            1,
            None,
            ["/x: No space left on device"],
            Ending.DISK_FULL,
            ErrorKind.DISK_FULL,
            id="1, full",
        ),
        pytest.param(
            1, None, ["/x: Permission denied"], Ending.FAIL, ErrorKind.FOLDER, id="1, permission"
        ),
        pytest.param(
            1, None, ["/x: Not a directory"], Ending.FAIL, ErrorKind.FOLDER, id="1, no folder"
        ),
        pytest.param(
            3,
            FILE,
            ["  X: (No space left on device)", "Location: http://a/: No space left on device"],
            Ending.FAIL,
            ErrorKind.FOLDER,
            id="a server's words are not wget's",
        ),
        pytest.param(
            4,
            answer(401),
            ["Read error (x) in headers."],
            Ending.RETRY,
            ErrorKind.CONNECTION,
            id="auth cut",
        ),
        pytest.param(
            5,
            answer(302, location="https://a/"),
            [],
            Ending.FAIL,
            ErrorKind.TLS,
            id="redirect to bad TLS",
        ),
        pytest.param(
            1,
            answer(302, location="http://"),
            [],
            Ending.FAIL,
            ErrorKind.REDIRECT,
            id="redirect to nothing",
        ),
        pytest.param(
            4,
            None,
            ["wget: unable to resolve host address '<b>x</b>'"],
            Ending.RETRY,
            ErrorKind.DNS,
            id="strange name",
        ),
    ],
)
def test_the_exit_code_decides_where_no_answer_does(
    code: int | None, response: Response | None, tail: list[str], ending: Ending, kind: ErrorKind
):
    outcome = judge(code, response, tail)
    assert (outcome.ending, outcome.error_kind) == (ending, kind)
    assert "<" not in (outcome.error_message or "")


def test_a_signal_is_not_read_as_an_exit_code():
    outcome = judge(None, FILE, size_bytes=10, signal=15)
    assert (outcome.ending, outcome.error_kind) == (Ending.RETRY, ErrorKind.KILLED)
    assert "15" in (outcome.error_message or "")


@pytest.mark.parametrize(
    "http_status, offset_bytes, kind, words",
    [
        (200, 0, ErrorKind.CHANGED, "keeps changing"),
        (206, 100, ErrorKind.CHANGED, "keeps changing"),
        (None, 0, ErrorKind.CHANGED, "keeps changing"),
        (206, 0, ErrorKind.BAD_ANSWER, "not asked for"),
        (416, 0, ErrorKind.BAD_ANSWER, "not asked for"),
    ],
)
def test_what_never_settled_is_told_by_its_last_answer(
    http_status: int | None, offset_bytes: int, kind: ErrorKind, words: str
):
    outcome = never_settled(http_status, offset_bytes)
    assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, kind)
    assert outcome.http_status == http_status
    assert words in (outcome.error_message or "")
