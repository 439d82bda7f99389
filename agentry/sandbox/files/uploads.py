"""Uploads in parts: databricks-sdk sends files of 50 MiB and more this way."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.sandbox.errors import InvalidParameter, NotFound
from agentry.sandbox.store import Row

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.sandbox.state import State


@dataclass(frozen=True)
class Upload(Row):
    """An upload that was begun and neither completed nor given up."""

    TABLE = "uploads"

    session: str
    path: str

    @property
    def key(self) -> str:
        """The session."""
        return self.session


def begin(state: State, path: str) -> Upload:
    """Open an upload for a path."""
    upload = state.store.add(Upload(secrets.token_urlsafe(24), path))
    _directory(state, upload).mkdir(parents=True)
    return upload


def find_upload(state: State, session: str, path: str) -> Upload:
    """The upload of this session, if it is for this path.

    Raises:
        NotFound: There is none.
    """
    upload = state.store.get(Upload, session)
    if upload is None or upload.path.strip("/") != path.strip("/"):
        raise NotFound("The upload session is not known.").coded("NOT_FOUND")
    return upload


def part_file(state: State, upload: Upload, part: int) -> Path:
    """Where a part is kept until the upload is complete."""
    return _directory(state, upload) / str(part)


def assemble(state: State, upload: Upload, parts: list[tuple[int, str]]) -> None:
    """Make the file out of its parts, and end the upload.

    Raises:
        InvalidParameter: A part is missing, or is not the one that was sent.
    """
    files = [part_file(state, upload, number) for number, _ in sorted(parts)]
    for (number, etag), file in zip(sorted(parts), files, strict=True):
        if not file.is_file() or etag_of(file) != etag:
            raise InvalidParameter(f"Part {number} was not uploaded, or has another etag.")
    with state.tree.writing(upload.path, overwrite=True) as target:
        for file in files:
            with file.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)
    forget(state, upload)


def etag_of(file: Path) -> str:
    """What identifies a part to the client, as object storages answer it."""
    stat = file.stat()
    return f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'


def forget(state: State, upload: Upload) -> None:
    """End an upload and drop its parts."""
    state.store.delete(Upload, upload.session)
    shutil.rmtree(_directory(state, upload), ignore_errors=True)


def _directory(state: State, upload: Upload) -> Path:
    return state.settings.directory / "uploads" / upload.session
