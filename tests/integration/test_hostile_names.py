"""Names that a server chooses: always one safe file in the folder, with the right bytes."""

from pathlib import Path

import pytest

from dlmanager.core.job import Status
from tests.core.safe_names import assert_safe
from tests.integration.conftest import is_right, until
from tests.integration.loopback_server import Content

NAMES = {
    "a path upwards": ('attachment; filename="../../evil"', "evil"),
    "a path from the root": ('attachment; filename="/etc/passwd"', "passwd"),
    "a path of Windows": (r'attachment; filename="C:\temp\a.txt"', "a.txt"),
    "an encoded path": ("attachment; filename*=utf-8''%2e%2e%2f%2e%2e%2fevil", "evil"),
    "dots": ('attachment; filename=".."', "url.bin"),
    "a hidden file": ('attachment; filename=".bashrc"', "bashrc"),
    "an option": ('attachment; filename="-rf"', "rf"),
    "a device": ('attachment; filename="CON"', "_CON"),
    "a device with an extension": ('attachment; filename="nul.tar.gz"', "_nul.tar.gz"),
    "a stream of NTFS": ('attachment; filename="x.exe:ads"', "x.exe_ads"),
    "a reversed extension": ("attachment; filename*=utf-8''%e2%80%aegpj.exe", "_gpj.exe"),
    "a dot and a blank at the end": ('attachment; filename="a.txt. "', "a.txt"),
    "invalid UTF-8": (b'attachment; filename="a\xff\xfe.bin"', "a\xff\xfe.bin"),
    "a NUL": ("attachment; filename*=utf-8''a%00b.bin", "a_b.bin"),
    "an escape code": (b'attachment; filename="a\x1b[31m.bin"', None),
    "a line break": ("attachment; filename*=utf-8''a%0d%0ab.bin", "a__b.bin"),
    "a very long one": (f'attachment; filename="{"x" * 5000}.tar.gz"', None),
    "nothing but a mark": ("attachment; filename*=utf-8''%e2%80%8b", "_"),
    "the name of a part": ('attachment; filename="a.bin.12345678.part"', "a.bin.12345678.part"),
}
CONTENT = Content(size=2_000, seed=4)


@pytest.mark.fault(25)
@pytest.mark.parametrize("header, name", NAMES.values(), ids=NAMES)
def test_a_hostile_name_is_one_safe_file(
    run, server, orchestrate, folder, header: str | bytes, name: str | None
):
    server.serve("/url.bin", CONTENT, content_disposition=header)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(server.url("/url.bin"), folder)
        job = await until(orchestrator, job_id, Status.COMPLETED)
        assert Path(job.path).parent == folder
        assert is_right(job.path, CONTENT)

    run(scenario())
    (path,) = folder.iterdir()
    assert_safe(path.name)
    assert name in (None, path.name)
    assert sorted(each.name for each in folder.parent.iterdir()) == ["data", "downloads"]
