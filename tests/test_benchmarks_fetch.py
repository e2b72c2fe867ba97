"""Downloads, against an HTTP server on this machine."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.datasets import ChecksumError, DataSet, Kind, Measure, Source, Upstream
from benchmarks.fetch import download, fetch
from benchmarks.progress import Progress

CONTENT = bytes(range(256)) * 2000


@dataclass
class Server:
    """What the server offers, and what it was asked."""

    address: str
    content: bytes = CONTENT
    ranges: bool = True
    break_after: int | None = None
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, state)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Server(f"http://127.0.0.1:{http.server_port}/own.tar.xz")
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


def answer(request: BaseHTTPRequestHandler, server: Server) -> None:
    """Send the content, from the range asked for if the server knows ranges."""
    wanted = request.headers.get("Range")
    server.asked.append(wanted)
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges else 0
    if start and start >= len(server.content):
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{len(server.content)}")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    body = server.content[start:]
    request.send_response(206 if start else 200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[: server.break_after])


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def progress() -> Progress:
    return Progress("own", "bytes", io.StringIO())


def make_dataset(server: Server, *, pinned: bool = True) -> DataSet:
    return DataSet(
        name="own",
        title="Own",
        kind=Kind.DEV,
        measure=Measure.WORDS,
        source=Source("CC0", "-", Upstream("theirs.tar.gz", server.address)),
        folder="own",
        read=lambda root: [],
        archive_sha256=hashlib.sha256(CONTENT).hexdigest() if pinned else None,
    )


def test_brings_our_archive_from_a_given_address(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    path = fetch(make_dataset(server), tmp_path, progress, server.address)
    assert path == tmp_path / "datasets" / "own.tar.xz"
    assert path.read_bytes() == CONTENT
    assert [item.name for item in path.parent.iterdir()] == ["own.tar.xz"]


def test_what_is_there_is_not_asked_for_again(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    for _ in range(2):
        fetch(make_dataset(server), tmp_path, progress, server.address)
    assert server.asked == [None]


def test_a_broken_transfer_goes_on_where_it_broke_off(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    server.break_after = 100_000
    with pytest.raises(OSError, match="broke off"):
        fetch(make_dataset(server), tmp_path, progress, server.address)
    assert not (tmp_path / "datasets" / "own.tar.xz").exists()
    server.break_after = None
    path = fetch(make_dataset(server), tmp_path, progress, server.address)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-"]


def test_a_server_without_ranges_sends_all_again(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    server.ranges = False
    (tmp_path / "own.tar.xz.part").write_bytes(b"half of something")
    download(server.address, tmp_path / "own.tar.xz", progress)
    assert (tmp_path / "own.tar.xz").read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_taken(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    (tmp_path / "own.tar.xz.part").write_bytes(CONTENT)
    download(server.address, tmp_path / "own.tar.xz", progress)
    assert (tmp_path / "own.tar.xz").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_an_error(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    (tmp_path / "own.tar.xz.part").write_bytes(CONTENT + b"more")
    with pytest.raises(OSError, match="416"):
        download(server.address, tmp_path / "own.tar.xz", progress)


def test_a_wrong_checksum_removes_the_file(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    server.content = b"not the archive"
    with pytest.raises(ChecksumError, match=r"own\.tar\.xz: the SHA-256 is"):
        fetch(make_dataset(server), tmp_path, progress, server.address)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_an_unpinned_archive_is_recorded_and_verified_after(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    dataset = make_dataset(server, pinned=False)
    path = fetch(dataset, tmp_path, progress)
    assert path.name == "theirs.tar.gz"
    path.unlink()
    server.content = b"another one"
    with pytest.raises(ChecksumError, match="recorded in"):
        fetch(dataset, tmp_path, progress)


def test_a_set_that_nobody_offers_wants_an_address(
    tmp_path: Path, server: Server, progress: Progress
) -> None:
    dataset = replace(make_dataset(server), source=Source("CC0", "-"))
    with pytest.raises(ValueError, match=r"own\.tar\.xz with --from"):
        fetch(dataset, tmp_path, progress)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_draws_a_bar_on_a_terminal_only(tmp_path: Path, server: Server) -> None:
    screen, log = Terminal(), io.StringIO()
    download(server.address, tmp_path / "a", Progress("own", "bytes", screen))
    download(server.address, tmp_path / "b", Progress("own", "bytes", log))
    assert "512,000 of 512,000 bytes [" + "#" * 30 + "]" in screen.getvalue()
    assert "\r" not in log.getvalue()
    assert log.getvalue().splitlines()[-1].startswith("own: 512,000 of 512,000 bytes")
