"""`/api/2.0/fs`: files and directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import FileResponse

from agentry.sandbox.access import Securable
from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import AlreadyExists, InvalidParameter, PathNotFound, PermissionDenied
from agentry.sandbox.files import storage
from agentry.sandbox.files.tree import absolute, split
from agentry.sandbox.files.uploads import assemble, begin, find_upload
from agentry.sandbox.mode import PRESIGNED
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserCaller

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.sandbox.files.tree import Entry, Guard

router = Router(prefix="/api/2.0/fs")
PAGE = 1000
# Parts of the tree that `--storage presigned` closes: MLflow's own files to all calls, models to those that move files.
_TRACKING = ("WorkspaceInternal",)
_DIRECT = (_TRACKING, ("Models",))


class Located(Body):
    """A body that names a file."""

    path: str


class PartUrls(Located):
    """Which parts of a multipart upload to give addresses for."""

    session_token: str
    start_part_number: int
    count: int


class AbortUrl(Located):
    """Which multipart upload to give up."""

    session_token: str


class UploadedPart(Body):
    """One part that arrived."""

    part_number: int
    etag: str


class Completion(Body):
    """All parts of a multipart upload."""

    parts: tuple[UploadedPart, ...] = ()


@router.put("/files/{path:path}", status_code=204)
async def upload(
    path: str, request: Request, caller: UserCaller, sandbox: Sandbox, *, overwrite: bool = False
) -> Response:
    """Store a file; its directories are made."""
    _require(sandbox, caller, path, write=True)
    with sandbox.tree.writing(path, overwrite=overwrite) as file:
        async for chunk in request.stream():
            file.write(chunk)
    return Response(status_code=204)


@router.get("/files/{path:path}")
@router.head("/files/{path:path}")
async def download(path: str, caller: UserCaller, sandbox: Sandbox) -> FileResponse:
    """A file's content, or its size and age alone; ranges work."""
    _require(sandbox, caller, path, write=False)
    return FileResponse(_file(sandbox, path), media_type="application/octet-stream")


@router.delete("/files/{path:path}", status_code=204)
async def delete_file(path: str, caller: UserCaller, sandbox: Sandbox) -> Response:
    """Remove a file."""
    _require(sandbox, caller, path, write=True)
    _file(sandbox, path).unlink()
    return Response(status_code=204)


@router.post("/files/{path:path}")
async def multipart(
    path: str,
    action: str,
    caller: UserCaller,
    sandbox: Sandbox,
    session_token: str = "",
    body: Completion | None = None,
    *,
    overwrite: bool = False,
) -> Json:
    """Begin or complete an upload in parts."""
    _require(sandbox, caller, path, write=True)
    if action == "initiate-upload":
        if sandbox.tree.locate(path).exists() and not overwrite:
            raise AlreadyExists(f"The file being created already exists: {absolute(path)}").coded("ALREADY_EXISTS")
        return {"multipart_upload": {"session_token": begin(sandbox, path).session}}
    if action == "complete-upload":
        parts = body.parts if body else ()
        assemble(sandbox, find_upload(sandbox, session_token, path), [(p.part_number, p.etag) for p in parts])
        return {}
    raise InvalidParameter(f"Unknown action {action}")


@router.post("/create-upload-part-urls")
async def create_upload_part_urls(body: PartUrls, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Addresses to send parts to."""
    _require(sandbox, caller, body.path, write=True)
    found = find_upload(sandbox, body.session_token, body.path)
    numbers = range(body.start_part_number, body.start_part_number + min(body.count, PAGE))
    sign = sandbox.signer.url
    urls = [
        {"part_number": n, "url": sign(sandbox.address, "PUT", found.path, found.session, n), "headers": []}
        for n in numbers
    ]
    return {"upload_part_urls": urls}


@router.post("/create-abort-upload-url")
async def create_abort_upload_url(body: AbortUrl, caller: UserCaller, sandbox: Sandbox) -> Json:
    """An address to give an upload up at."""
    _require(sandbox, caller, body.path, write=True)
    found = find_upload(sandbox, body.session_token, body.path)
    url = sandbox.signer.url(sandbox.address, "DELETE", found.path, found.session)
    return {"abort_upload_url": {"url": url, "headers": []}}


@router.post("/create-download-url")
async def create_download_url(
    caller: UserCaller, sandbox: Sandbox, path: str = "", body: Located | None = None
) -> Json:
    """A presigned address; databricks-sdk names the path in the query, mlflow in the body."""
    wanted = path or (body.path if body else "")
    _require(sandbox, caller, wanted, write=False, presigned=True)
    _file(sandbox, wanted)
    return {"url": sandbox.signer.url(sandbox.address, "GET", wanted), "headers": []}


@router.post("/create-upload-url")
async def create_upload_url(caller: UserCaller, sandbox: Sandbox, path: str = "", body: Located | None = None) -> Json:
    """A presigned address to put a file to."""
    wanted = path or (body.path if body else "")
    _require(sandbox, caller, wanted, write=True, presigned=True)
    return {"url": sandbox.signer.url(sandbox.address, "PUT", wanted), "headers": []}


@router.head("/directories/{path:path}")
async def directory_metadata(path: str, caller: UserCaller, sandbox: Sandbox) -> Response:
    """Whether there is such a directory."""
    _require(sandbox, caller, path, write=False, presigned=True)
    sandbox.tree.entries(path)
    return Response(status_code=200)


@router.get("/directories/{path:path}")
async def list_directory(
    path: str, caller: UserCaller, sandbox: Sandbox, page_size: int = PAGE, page_token: str = ""
) -> Json:
    """What a directory contains."""
    _require(sandbox, caller, path, write=False, presigned=True)
    entries = sandbox.tree.entries(path)
    start = int(page_token) if page_token.isdecimal() else 0
    end = start + max(1, min(page_size or PAGE, PAGE))
    page: Json = {"contents": [_shown(entry) for entry in entries[start:end]]}
    return page | {"next_page_token": str(end)} if end < len(entries) else page


@router.put("/directories/{path:path}", status_code=204)
async def create_directory(path: str, caller: UserCaller, sandbox: Sandbox) -> Response:
    """Make a directory and its parents."""
    _require(sandbox, caller, path, write=True, presigned=True)
    sandbox.tree.make_directory(path)
    return Response(status_code=204)


@router.delete("/directories/{path:path}", status_code=204)
async def delete_directory(path: str, caller: UserCaller, sandbox: Sandbox) -> Response:
    """Remove an empty directory."""
    _require(sandbox, caller, path, write=True, presigned=True)
    if sandbox.tree.entries(path):
        raise InvalidParameter(f"The directory is not empty: {absolute(path)}").coded("DIRECTORY_NOT_EMPTY")
    sandbox.tree.remove(path)
    return Response(status_code=204)


def _require(sandbox: State, caller: Caller, path: str, *, write: bool, presigned: bool = False) -> None:
    """Check that the caller may, and that files move this way here.

    Args:
        sandbox: The sandbox.
        caller: Who asks.
        path: The file.
        write: Whether it is to be written.
        presigned: Whether this call moves no file itself.
    """
    if sandbox.settings.mode.storage == PRESIGNED and split(path)[:1] in ((_TRACKING,) if presigned else _DIRECT):
        raise PermissionDenied(f"Files of {absolute(path)} move by presigned addresses in this workspace.")
    sandbox.tree.require(caller, path, write=write)


def _file(sandbox: State, path: str) -> Path:
    file = sandbox.tree.locate(path)
    if not file.is_file():
        raise PathNotFound(f"The file being accessed is not found: {absolute(path)}")
    return file


def _shown(entry: Entry) -> Json:
    shown: Json = {
        "path": entry.path,
        "name": entry.name,
        "is_directory": entry.is_directory,
        "last_modified": int(entry.modified * 1000),
    }
    return shown if entry.is_directory else shown | {"file_size": entry.size}


def _guard_volumes(sandbox: State) -> Guard:
    def guard(caller: Caller, parts: tuple[str, ...], write: bool) -> None:  # noqa: FBT001 - the form of a Guard
        if len(parts) < 3:
            raise PathNotFound("A path below /Volumes names catalog, schema and volume.")
        volume = Securable("VOLUME", ".".join(parts[:3]).lower())
        if not sandbox.access.exists(volume):
            raise PathNotFound(f"{volume} does not exist.")
        sandbox.access.require(caller, volume, "WRITE VOLUME" if write else "READ VOLUME")

    return guard


def prepare(state: State) -> None:
    """Let the Files API reach volumes."""
    state.tree.guard("/Volumes", _guard_volumes(state))


FACTS = (
    Fact(
        "PUT, GET, HEAD, DELETE of files; HEAD, GET, PUT, DELETE of directories; lists come in pages",
        "docs.databricks.com, Files API; databricks-sdk 0.156 service/files.py",
    ),
    Fact(
        "create-download-url takes the path in the query or in the body; create-upload-url in the body",
        "databricks-sdk 0.156 mixins/files.py; mlflow 3.17 store/artifact/presigned_url_artifact_repo.py",
    ),
    Fact(
        "uploads of 50 MiB and more go in parts: initiate-upload, create-upload-part-urls, complete-upload, abort",
        "databricks-sdk 0.156 mixins/files.py; observed with a file of 60 MB",
    ),
    Fact(
        "with `--storage presigned` files of models and of MLflow's experiments move by presigned addresses alone, as in "
        "workspaces with default storage; what else the Files API is asked for them is 403",
        "mlflow 3.17 rest_store.py, _get_artifact_repo: the server chooses; how it refuses the other way was not seen",
        confirmed=False,
    ),
    Fact(
        "a path that is no file or directory is 404 NOT_FOUND; one that is not covered by a volume, model or "
        "experiment does not exist",
        "clients test for 404; the platform's texts are not known",
        confirmed=False,
    ),
)

_area = Router()
_area.take(router)
_area.take(storage.router)
AREA = Area("files", _area, FACTS, prepare)
