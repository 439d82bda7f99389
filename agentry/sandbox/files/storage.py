"""`/storage`: where presigned addresses lead. They carry their own permission, so no token is asked for."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import FileResponse

from agentry.sandbox.errors import PathNotFound
from agentry.sandbox.files.uploads import etag_of, find_upload, forget, part_file
from agentry.sandbox.web import Router, Sandbox

router = Router(prefix="/storage")


@router.get("/{token}/{name:path}")
async def get(token: str, sandbox: Sandbox) -> FileResponse:
    """The file; ranges work."""
    file = sandbox.tree.locate(sandbox.signer.open(token, "GET").path)
    if not file.is_file():
        raise PathNotFound("The file is gone.")
    return FileResponse(file, media_type="application/octet-stream")


@router.put("/{token}/{name:path}")
async def put(token: str, request: Request, sandbox: Sandbox) -> Response:
    """Store the file, or one part of it."""
    ticket = sandbox.signer.open(token, "PUT")
    if not ticket.session:
        with sandbox.tree.writing(ticket.path, overwrite=True) as file:
            async for chunk in request.stream():
                file.write(chunk)
        return Response(status_code=200)
    part = part_file(sandbox, find_upload(sandbox, ticket.session, ticket.path), ticket.part)
    with part.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
    return Response(status_code=200, headers={"ETag": etag_of(part)})


@router.delete("/{token}/{name:path}")
async def delete(token: str, sandbox: Sandbox) -> Response:
    """Give up an upload in parts."""
    ticket = sandbox.signer.open(token, "DELETE")
    forget(sandbox, find_upload(sandbox, ticket.session, ticket.path))
    return Response(status_code=200)
