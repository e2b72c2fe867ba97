"""Downloads of data sets: resumed where they broke off, checked before they count."""

from __future__ import annotations

import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import Final, cast

from benchmarks.datasets import ChecksumError, DataSet, check_archive
from benchmarks.progress import Progress

__all__ = ["download", "fetch"]

_BLOCK_BYTES: Final = 1 << 16
_TIMEOUT_SECONDS: Final = 30.0


def fetch(dataset: DataSet, root: Path, progress: Progress, url: str | None = None) -> Path:
    """Bring the set's archive into ``root/datasets`` and return its path.

    `url` names a copy of this project's archive; without it the archive of the set's authors is
    taken. What is there already is only checked. Raises ValueError if there is no address,
    ChecksumError if the file is not the expected one (it is then removed), OSError if the
    transfer fails (what came is kept, the next call goes on from there).
    """
    upstream = dataset.source.upstream
    if url is None and upstream is None:
        raise ValueError(
            f"{dataset.name} is offered nowhere in this form: give the address of a copy of"
            f" {dataset.archive} with --from"
        )
    if url is None and upstream is not None:
        url, name = upstream.url, upstream.file
    else:
        name = dataset.archive
    target = root / "datasets" / name
    if not target.is_file():
        download(cast(str, url), target, progress)
    try:
        check_archive(dataset, target)
    except ChecksumError:
        target.unlink()
        raise
    return target


def download(url: str, target: Path, progress: Progress) -> None:
    """Download to `target`, by way of ``target.part``, which a broken transfer leaves behind."""
    part = target.with_name(f"{target.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    have = part.stat().st_size if part.is_file() else 0
    response = _open(url, have)
    if response is not None:
        with response:
            _append(response, part, progress)
    part.rename(target)


def _open(url: str, have: int) -> HTTPResponse | None:
    """Ask for the bytes from `have` on; None if there are none left."""
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(url, headers=headers)
    try:
        return cast(HTTPResponse, urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS))
    except urllib.error.HTTPError as error:
        error.close()
        complete = error.headers.get("Content-Range") == f"bytes */{have}"
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and complete:
            return None
        raise


def _append(response: HTTPResponse, part: Path, progress: Progress) -> None:
    resumed = response.status == HTTPStatus.PARTIAL_CONTENT
    have = part.stat().st_size if resumed else 0
    length = response.headers.get("Content-Length")
    progress.start(have + int(length) if length else None, done=have)
    with part.open("ab" if resumed else "wb") as stream:
        while block := response.read(_BLOCK_BYTES):
            stream.write(block)
            progress.advance(len(block))
    progress.finish()
    if length and part.stat().st_size != have + int(length):
        raise OSError(f"{response.url}: the transfer broke off")
