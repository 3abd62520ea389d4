"""Faults of a server's answers: each of them scripted in answers.py.

Every case ends with the right bytes under the final name or with no file there, within a bounded
time and a known number of requests.
"""

import threading

import pytest

from dlmanager.core.job import Status
from tests.integration.faults.answers import CUT, FAULTS, Fault, fault_named
from tests.integration.faults.conftest import Fetch
from tests.integration.loopback_server import LoopbackServer


@pytest.mark.parametrize(
    "fault",
    [pytest.param(each, id=each.name, marks=pytest.mark.fault(each.number)) for each in FAULTS],
)
def test_the_file_is_right_or_not_there(server: LoopbackServer, fetch: Fetch, fault: Fault):
    ended = fetch(fault.play(server))
    told = ended.job.status, ended.job.error_kind, ended.job.verification
    if fault.right is None:
        assert told == (Status.FAILED, fault.kind, fault.verification)
        assert ended.job.error_message
    else:
        assert told == (Status.COMPLETED, None, fault.verification)
        (content,) = ended.files.values()
        assert content == fault.right.read(0, fault.right.size)
    assert len(server.requests) == fault.requests


@pytest.mark.fault(7)
@pytest.mark.parametrize("name", ["changed_etag_206", "changed_lm_206", "weak_etag_changed"])
def test_another_version_is_left_as_soon_as_its_headers_are_read(
    server: LoopbackServer, fetch: Fetch, name: str
):
    """Its body stands still and is not waited for."""
    fault = fault_named(name)
    url = fault.play(server)
    gate = server.hold(fault.path, CUT + 50_000)

    def let_the_third_pass() -> None:
        server.wait_for_requests(3)
        gate.release()

    releasing = threading.Thread(target=let_the_third_pass)
    releasing.start()
    try:
        assert fetch(url).job.status is Status.COMPLETED
    finally:
        gate.release()
        releasing.join()
    assert len(server.requests) == 3
