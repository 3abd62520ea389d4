"""Faults on the way to the server: redirects to other places, certificates, silence."""

import datetime
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Status
from tests.integration import loopback_server
from tests.integration.conftest import MEGABYTE, is_right
from tests.integration.faults.conftest import Fetch
from tests.integration.loopback_server import Exchange, LoopbackServer


class Connections:
    """Counts the connections to a server."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, exchange: Exchange) -> None:
        self.count += 1


@pytest.mark.fault(16)
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_ftp_fails_and_the_other_server_is_not_contacted(
    server: LoopbackServer, fetch: Fetch, code: int
):
    connections = Connections()
    with LoopbackServer(greet=connections) as other:
        url = server.redirect("/a.bin", f"ftp://127.0.0.1:{other.port}/a.bin", code)
        job = fetch(url).job
    assert (job.status, job.error_kind) == (Status.FAILED, ErrorKind.REDIRECT)
    assert "ftp" in (job.error_message or "")
    assert (len(server.requests), connections.count) == (1, 0)


@pytest.mark.fault(16)
def test_a_long_chain_of_redirects_ends(server: LoopbackServer, fetch: Fetch):
    for number in range(30):
        server.redirect(f"/{number}", f"/{number + 1}")
    job = fetch(server.url("/0")).job
    assert (job.status, job.error_kind) == (Status.FAILED, ErrorKind.REDIRECT)
    assert len(server.requests) <= 21


# Certificates. The real wget, told of the test's authority and of shorter patience: there is no
# other way to it, as ours takes nothing from the environment.


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def wget(tmp_path: Path, authority: trustme.CA) -> Path:
    """The real wget, which trusts the test's authority and waits one second."""
    pem = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    program = tmp_path / "wget-with-authority"
    program.write_text(
        f'#!/bin/sh\nexec /usr/bin/wget "$@" --ca-certificate={pem} --read-timeout=1\n'
    )
    program.chmod(0o755)
    return program


ServeTls = Callable[..., LoopbackServer]


@pytest.fixture
def serve_tls() -> Iterator[ServeTls]:
    """Starts a server that shows a certificate."""
    with ExitStack() as servers:

        def serve(certificate: trustme.LeafCert) -> LoopbackServer:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            server = servers.enter_context(LoopbackServer(tls_context=context))
            server.serve("/a.bin", MEGABYTE)
            return server

        yield serve


@pytest.mark.fault(20)
def test_a_good_certificate_is_trusted_and_the_connection_may_be_cut(
    serve_tls: ServeTls, fetch: Fetch, wget: Path, authority: trustme.CA
):
    server = serve_tls(authority.issue_cert("127.0.0.1"))
    server.sequence(
        "/a.bin",
        [
            loopback_server.cut_fin(300_000, loopback_server.Framing.UNTIL_CLOSE),
            loopback_server.ok(),
        ],
    )
    job = fetch(server.url("/a.bin"), wget_executable_path=str(wget)).job
    assert job.status is Status.COMPLETED
    assert is_right(job.path or "", MEGABYTE)
    assert len(server.requests) == 2


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    "bad, words",
    [
        ("self-signed", "not from a known issuer"),
        ("wrong host", "belongs to another server"),
        ("expired", "has expired"),
        ("not yet valid", "not valid yet"),
    ],
)
def test_a_bad_certificate_is_final(
    serve_tls: ServeTls, fetch: Fetch, wget: Path, authority: trustme.CA, bad: str, words: str
):
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    certificate = {
        "self-signed": lambda: trustme.CA().issue_cert("127.0.0.1"),
        "wrong host": lambda: authority.issue_cert("files.example"),
        "expired": lambda: authority.issue_cert(
            "127.0.0.1", not_before=now - 9 * day, not_after=now - day
        ),
        "not yet valid": lambda: authority.issue_cert(
            "127.0.0.1", not_before=now + day, not_after=now + 9 * day
        ),
    }[bad]()
    server = serve_tls(certificate)
    job = fetch(server.url("/a.bin"), wget_executable_path=str(wget)).job
    assert (job.status, job.error_kind, job.retry_count) == (Status.FAILED, ErrorKind.TLS, 0)
    assert words in (job.error_message or "")
    assert server.requests == []


@pytest.mark.fault(20)
def test_a_handshake_that_stalls_is_left_and_tried_again(fetch: Fetch, wget: Path):
    connections = Connections()

    def stall(exchange: Exchange) -> None:
        connections(exchange)
        exchange.wait(None)

    with LoopbackServer(greet=stall) as server:
        url = f"https://127.0.0.1:{server.port}/a.bin"
        job = fetch(url, wget_executable_path=str(wget), max_retries=1).job
    assert (job.status, job.retry_count) == (Status.FAILED, 1)
    assert job.error_kind in (ErrorKind.TLS, ErrorKind.TIMEOUT)
    assert connections.count == 2


@pytest.mark.fault(20)
def test_a_server_that_speaks_plain_http_at_a_secure_link_is_told(
    server: LoopbackServer, fetch: Fetch
):
    url = f"https://127.0.0.1:{server.port}/a.bin"
    job = fetch(url, max_retries=1).job
    assert (job.status, job.error_kind) == (Status.FAILED, ErrorKind.TLS)
    assert server.requests == []
