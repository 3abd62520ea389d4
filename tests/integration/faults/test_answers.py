"""Faults of a server's answers: each of them scripted in answers.py.

Every case ends with the right bytes under the final name or with no file there, within a bounded
time and a known number of requests.
"""

import pytest

from dlmanager.core.job import Status
from tests.integration.faults.answers import FAULTS, Fault
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
