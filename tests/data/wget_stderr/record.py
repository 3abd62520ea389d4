"""Record what the real wget writes to stderr, one file per case, and cases.json beside them.

Run as root, so that no packet leaves and the disk-full case has its own small file system:
    unshare -n -m env PYTHONPATH=. .venv/bin/python tests/data/wget_stderr/record.py
"""

import contextlib
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dlmanager.wget.command import build_arguments, build_command, build_environment

HERE = Path(__file__).parent
ROOT = Path("/tmp/wget_stderr")
BODY = bytes(range(256)) * 1200  # 307,200 bytes
ETAG = b'ETag: "v1"\r\nLast-Modified: Mon, 02 Nov 2026 10:00:00 GMT\r\nAccept-Ranges: bytes\r\n'

Reply = Callable[[socket.socket, bytes], None]


def head(status: bytes, *lines: bytes) -> bytes:
    """Return a header block."""
    return b"\r\n".join((b"HTTP/1.1 " + status, b"Server: test", *lines, b"", b""))


def whole(status: bytes, *lines: bytes, body: bytes = b"") -> Reply:
    """Return a reply that sends a header block and a body, and closes."""
    return lambda connection, _: connection.sendall(head(status, *lines) + body)


def raw(data: bytes) -> Reply:
    """Return a reply that sends these bytes, and closes."""
    return lambda connection, _: connection.sendall(data)


def length(n: int) -> bytes:
    """Return the header Content-Length."""
    return b"Content-Length: %d" % n


def ok(*lines: bytes) -> Reply:
    """Return the whole file."""
    return raw(b"HTTP/1.1 200 OK\r\n" + ETAG + b"\r\n".join((length(len(BODY)), *lines, b"", BODY)))


def resume(offset: int, total: bytes = b"307200", end: int = len(BODY) - 1) -> Reply:
    """Return the file from an offset on."""
    line = b"Content-Range: bytes %d-%d/%s" % (offset, end, total)
    data = BODY[offset : end + 1]
    return raw(
        b"HTTP/1.1 206 Partial Content\r\n"
        + ETAG
        + b"\r\n".join((length(len(data)), line, b"", data))
    )


def cut_rst(connection: socket.socket, _: bytes) -> None:
    """Send a part of the body, then reset."""
    connection.sendall(head(b"200 OK", length(len(BODY))) + BODY[:120000])
    time.sleep(0.3)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def slow(connection: socket.socket, request: bytes, sized: bool = True, offset: int = 0) -> None:
    """Send the file over three seconds."""
    lines = [length(len(BODY) - offset)] if sized else []
    status = b"200 OK"
    if offset:
        status = b"206 Partial Content"
        lines.append(b"Content-Range: bytes %d-%d/%d" % (offset, len(BODY) - 1, len(BODY)))
    connection.sendall(head(status, *lines))
    for start in range(offset, len(BODY), 20480):
        connection.sendall(BODY[start : start + 20480])
        time.sleep(0.2)


def stall(connection: socket.socket, _: bytes) -> None:
    """Send a part of the body, then nothing."""
    connection.sendall(head(b"200 OK", length(len(BODY))) + BODY[:50000])
    time.sleep(2)


def stall_head(connection: socket.socket, _: bytes) -> None:
    """Send nothing."""
    time.sleep(2)


def auth(connection: socket.socket, request: bytes) -> None:
    """Ask for credentials once."""
    if b"Authorization:" in request:
        ok()(connection, request)
    else:
        whole(b"401 Unauthorized", b'WWW-Authenticate: Basic realm="x"', length(0))(connection, b"")


def redirect(location: bytes, status: bytes = b"302 Found") -> Reply:
    """Redirect / to the location (PORT is replaced) and answer everything else with the file."""

    def reply(connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"GET /file.bin "):
            port = b"%d" % connection.getsockname()[1]
            line = b"Location: " + location.replace(b"PORT", port)
            whole(status, line, length(0))(connection, b"")
        else:
            ok()(connection, request)

    return reply


CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"1000\r\n" + b"x" * 4096 + b"\r\n" + b"800\r\n" + b"y" * 2048 + b"\r\n"
HOSTILE = (
    b"X-Escape: \x1b[31mred\x07 \\033 a\tb\x7f",
    b'Content-Disposition: attachment; filename="\xc3\xa4\xf0\x9f\x98\x80.zip"',
    b"X-Latin: \xe4\xf6",
    b"X-Folded: one",
    b"  two",
    b"X-Fake: a\r--2026-01-01 00:00:00--  http://evil.example/",
    b"Empty:",
    b"No colon here",
    b"Set-Cookie: session=verysecret; Path=/",
)


@dataclass
class Case:
    """One run of wget. url: without one, the test server's /file.bin."""

    reply: Reply | None = None
    offset: int = 0
    url: str = ""
    condition: str | None = None
    tls: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    folder: str = "target"
    kill_after_s: float | None = None


SHORT = {"--read-timeout=30": "--read-timeout=1", "--connect-timeout=15": "--connect-timeout=1"}

CASES = {
    "ok": Case(ok()),
    "ok_empty": Case(whole(b"200 OK", length(0))),
    "resume_206": Case(resume(100000), offset=100000, condition='If-Match: "v1"'),
    "resume_200": Case(ok(), offset=100000, condition='If-Match: "v1"'),
    "resume_206_wrong_start": Case(resume(50000), offset=100000),
    "resume_206_no_range": Case(whole(b"206 Partial Content", length(5), body=b"abcde"), offset=9),
    "resume_206_short": Case(resume(100000, end=199999), offset=100000),
    "fresh_206": Case(resume(50000)),
    "fresh_206_from_0": Case(resume(0, end=99999)),
    "slow": Case(slow),
    "slow_no_length": Case(lambda c, r: slow(c, r, sized=False)),
    "slow_resume": Case(lambda c, r: slow(c, r, offset=102400), offset=102400),
    "redirect_301": Case(redirect(b"/other.bin?token=verysecret", b"301 Moved Permanently")),
    "redirect_302": Case(redirect(b"http://127.0.0.1:PORT/a%20b.bin")),
    "redirect_loop": Case(redirect(b"/file.bin")),
    "redirect_no_location": Case(whole(b"302 Found", length(0))),
    "redirect_file": Case(redirect(b"file:///etc/passwd")),
    "redirect_ftp": Case(redirect(b"ftp://127.0.0.1/x")),
    "redirect_refused": Case(redirect(b"http://127.0.0.1:9/x")),
    "redirect_dns": Case(redirect(b"http://name.invalid/x")),
    "s204": Case(whole(b"204 No Content")),
    "s205": Case(whole(b"205 Reset Content", length(0))),
    "s300": Case(whole(b"300 Multiple Choices", length(3), body=b"abc")),
    "s304": Case(whole(b"304 Not Modified")),
    "s400": Case(whole(b"400 Bad Request", length(0))),
    "s401": Case(whole(b"401 Unauthorized", b'WWW-Authenticate: Basic realm="x"', length(0))),
    "s401_digest": Case(whole(b"401 Unauthorized", b'WWW-Authenticate: Foo realm="x"', length(0))),
    "s403": Case(whole(b"403 Forbidden", length(0))),
    "s404": Case(whole(b"404 Not Found", length(9), body=b"not here\n")),
    "s407": Case(whole(b"407 Proxy Authentication Required", length(0))),
    "s410": Case(whole(b"410 Gone", length(0))),
    "s412": Case(
        whole(b"412 Precondition Failed", length(0)), offset=1000, condition='If-Match: "v1"'
    ),
    "s416_fresh": Case(whole(b"416 Range Not Satisfiable", length(0))),
    "s416_complete": Case(
        whole(b"416 Range Not Satisfiable", b"Content-Range: bytes */307200", length(0)),
        offset=307200,
    ),
    "s416_smaller": Case(
        whole(b"416 Range Not Satisfiable", b"Content-Range: bytes */1000", length(0)), offset=5000
    ),
    "s416_no_total": Case(whole(b"416 Range Not Satisfiable", length(0)), offset=5000),
    "s429": Case(whole(b"429 Too Many Requests", b"Retry-After: 120", length(0))),
    "s500": Case(whole(b"500 Internal Server Error", length(0))),
    "s503_date": Case(
        whole(b"503 Service Unavailable", b"Retry-After: Mon, 23 Nov 2026 12:00:00 GMT", length(0))
    ),
    "s504": Case(whole(b"504 Gateway Timeout", length(0))),
    "s103_then_200": Case(
        raw(head(b"103 Early Hints", b"Link: </a>") + head(b"200 OK", length(3)) + b"abc")
    ),
    "auth_in_link": Case(auth, url="http://user:verysecret@127.0.0.1:PORT/file.bin?sig=verysecret"),
    "cut_fin": Case(whole(b"200 OK", length(len(BODY)), body=BODY[:120000])),
    "cut_rst": Case(cut_rst),
    "no_length": Case(whole(b"200 OK", body=BODY)),
    "chunked": Case(whole(b"200 OK", CHUNKED, body=CHUNKS + b"0\r\n\r\n")),
    "chunked_resume_416": Case(
        whole(b"416 Range Not Satisfiable", b"Content-Range: bytes */6144"), offset=6144
    ),
    "chunk_cut_inside": Case(whole(b"200 OK", CHUNKED, body=CHUNKS[:5000])),
    "chunk_cut_between": Case(whole(b"200 OK", CHUNKED, body=CHUNKS)),
    "chunked_and_length": Case(whole(b"200 OK", CHUNKED, length(10), body=CHUNKS + b"0\r\n\r\n")),
    "two_lengths": Case(whole(b"200 OK", length(5), length(10), body=b"0123456789")),
    "negative_length": Case(whole(b"200 OK", b"Content-Length: -5", body=b"0123456789")),
    "too_long_body": Case(whole(b"200 OK", length(5), body=b"0123456789")),
    "http09": Case(raw(b"no headers at all\n" * 3)),
    "http09_resume": Case(raw(b"no headers at all\n" * 3), offset=10),
    "bad_status_line": Case(raw(b"HTTP/1.1 zzz\r\n\r\nabc")),
    "close_at_once": Case(raw(b"")),
    "header_bomb": Case(raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100000 + b"\r\n\r\n")),
    "hostile_headers": Case(whole(b"200 OK", *HOSTILE, length(3), body=b"abc")),
    "read_timeout": Case(stall, extra=SHORT),
    "head_timeout": Case(stall_head, extra=SHORT),
    "connect_timeout": Case(url="http://10.99.0.2/file.bin", extra=SHORT),
    "unreachable": Case(url="http://10.98.0.2/file.bin"),
    "refused": Case(url="http://127.0.0.1:9/file.bin"),
    "dns_temporary": Case(url="http://name.invalid/file.bin"),
    "dns_unknown": Case(url="http://a..b/file.bin"),
    "bad_port": Case(url="http://127.0.0.1:99999/file.bin"),
    "disk_full": Case(ok(), folder="small"),
    "folder_missing": Case(ok(), folder="missing"),
    "part_is_folder": Case(ok(), folder="folder"),
    "read_only": Case(ok(), folder="readonly"),
    "bad_option": Case(ok(), options=["--no-such-option"]),
    "no_link": Case(url="\n"),
    "tls_untrusted": Case(ok(), tls="good"),
    "tls_wrong_host": Case(ok(), tls="other", options=["--ca-certificate=/tmp/wget_stderr/ca.pem"]),
    "tls_expired": Case(ok(), tls="expired", options=["--ca-certificate=/tmp/wget_stderr/ca.pem"]),
    "tls_self_signed": Case(ok(), tls="self"),
    "tls_plain_port": Case(ok(), url="https://127.0.0.1:PORT/file.bin"),
    "tls_stall": Case(stall_head, url="https://127.0.0.1:PORT/file.bin", extra=SHORT),
    "tls_ok": Case(ok(), tls="good", options=["--ca-certificate=/tmp/wget_stderr/ca.pem"]),
    "killed": Case(slow, kill_after_s=0.7),
    "not_executable": Case(ok(), extra={"PROGRAM": "/nonexistent/wget"}),
}


def serve(reply: Reply, context: ssl.SSLContext | None) -> socket.socket:
    """Answer each connection with the reply, in a thread, until the socket is closed."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                request = connection.recv(65536)
                reply(connection, request)
                if reply is not cut_rst:
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(65536)

    def loop() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return server


def openssl(*arguments: str) -> None:
    """Run openssl in ROOT."""
    subprocess.run(["openssl", *arguments], cwd=ROOT, check=True, capture_output=True)


def make_certificates() -> None:
    """Make a certificate authority and server certificates, good and bad."""
    new = ["req", "-newkey", "rsa:2048", "-nodes"]
    ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
    openssl(*new, "-x509", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
    for name, host, days in (
        ("good", "IP:127.0.0.1", "9"),
        ("other", "DNS:other.example", "9"),
        ("expired", "IP:127.0.0.1", "-1"),
    ):
        openssl(*new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (ROOT / "ext").write_text(f"subjectAltName={host}")
        openssl(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            *ca,
            "-days",
            days,
            "-extfile",
            "ext",
            "-out",
            f"{name}.pem",
        )
    openssl(
        *new,
        "-x509",
        "-subj",
        "/CN=self",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        "self.key",
        "-out",
        "self.pem",
    )


def run(case: Case) -> tuple[bytes, dict[str, int | None]]:
    """Run one case; return stderr, and exit code, signal, and the part's sizes."""
    part = ROOT / case.folder / "file.bin.1234abcd.part"
    if case.offset:
        part.write_bytes(BODY[: case.offset])
    context = None
    if case.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ROOT / f"{case.tls}.pem", ROOT / f"{case.tls}.key")
    server = serve(case.reply or raw(b""), context)
    port = str(server.getsockname()[1])
    url = case.url or f"{'https' if case.tls else 'http'}://127.0.0.1:PORT/file.bin"
    arguments = build_arguments(str(part), condition=case.condition, user_agent="dlmanager/0")
    arguments = [case.extra.get(a, a) for a in arguments] + case.options
    program, arguments = build_command(
        case.extra.get("PROGRAM", "/usr/bin/wget"), arguments, "/usr/bin/setpriv"
    )
    process = subprocess.Popen(
        [program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=build_environment(str(ROOT / "home"), "/usr/bin:/bin"),
        cwd=ROOT / "home",
    )
    if case.kill_after_s:
        threading.Timer(case.kill_after_s, process.kill).start()
    _, stderr = process.communicate(url.replace("PORT", port).encode() + b"\n")
    server.close()
    code = process.returncode
    size = part.stat().st_size if part.is_file() else 0
    if part.is_file():
        part.unlink()
    return stderr.replace(b":" + port.encode(), b":4567"), {
        "exit_code": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "offset_bytes": case.offset,
        "size_bytes": size,
    }


def main() -> None:
    """Record all cases."""
    shutil.rmtree(ROOT, ignore_errors=True)
    for folder in ("target", "home", "small", "readonly", "folder/file.bin.1234abcd.part"):
        (ROOT / folder).mkdir(parents=True)
    for command in (
        "ip link set lo up",
        "ip route add 10.99.0.0/24 dev lo",  # swallows what is sent there
        f"mount -t tmpfs -o size=64k none {ROOT / 'small'}",
        f"mount -t tmpfs -o ro none {ROOT / 'readonly'}",
    ):
        subprocess.run(command.split(), check=True)
    make_certificates()
    results = {}
    for name, case in CASES.items():
        stderr, results[name] = run(case)
        (HERE / f"{name}.txt").write_bytes(stderr)
    (HERE / "cases.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
