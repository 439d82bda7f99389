"""Uploads in parts to runs and logged models, as mlflow's client sends big files when addresses are presigned."""

from __future__ import annotations

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.files.uploads import assemble, begin, find_upload
from agentry.sandbox.tracking.logged_models import find_logged_model
from agentry.sandbox.tracking.run_rows import find_run
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserEntitled

router = Router(prefix="/api/2.0/mlflow/artifacts")
# Of Amazon S3, whose form of addresses these are: docs.aws.amazon.com, Amazon S3 multipart upload limits.
MOST_PARTS = 10_000


class NewUpload(Body):
    """An upload to begin. `run_id` is the id of a logged model for its files."""

    run_id: str
    path: str
    num_parts: int


class SentPart(Body):
    """One part that arrived."""

    part_number: int
    etag: str


class Completion(Body):
    """All parts of an upload."""

    run_id: str
    path: str
    upload_id: str
    part_etags: tuple[SentPart, ...] = ()


@router.post("/create-multipart-upload")
async def create_multipart_upload(body: NewUpload, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Addresses for all parts, and one to give the upload up at."""
    if not 1 <= body.num_parts <= MOST_PARTS:
        raise InvalidParameter(f"num_parts must be 1 to {MOST_PARTS}.")
    upload = begin(sandbox, _place(sandbox, caller, body.run_id, body.path))

    def info(method: str, part: int = 0) -> Json:
        url = sandbox.signer.url(sandbox.address, method, upload.path, upload.session, part)
        return _info(body.run_id, body.path, url)

    return {
        "upload_id": upload.session,
        "upload_credential_infos": [info("PUT", part) for part in range(1, body.num_parts + 1)],
        "abort_credential_info": info("DELETE"),
    }


@router.get("/get-presigned-upload-part-url")
async def get_presigned_upload_part_url(
    run_id: str, path: str, upload_id: str, part_number: int, caller: UserEntitled, sandbox: Sandbox
) -> Json:
    """A new address for one part, in place of one that expired."""
    upload = find_upload(sandbox, upload_id, _place(sandbox, caller, run_id, path))
    url = sandbox.signer.url(sandbox.address, "PUT", upload.path, upload.session, part_number)
    return {"upload_credential_info": _info(run_id, path, url)}


@router.post("/complete-multipart-upload")
async def complete_multipart_upload(body: Completion, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Make the file out of its parts."""
    upload = find_upload(sandbox, body.upload_id, _place(sandbox, caller, body.run_id, body.path))
    assemble(sandbox, upload, [(part.part_number, part.etag) for part in body.part_etags])
    return {}


def _place(sandbox: State, caller: Caller, id: str, path: str) -> str:
    """Where the file is kept, for a caller who may write there."""
    if id.startswith("m-"):
        return f"{find_logged_model(sandbox, caller, id, 'CAN_EDIT').path}/{path}"
    return f"{find_run(sandbox, caller, id, 'CAN_EDIT').path}/artifacts/{path}"


def _info(id: str, path: str, url: str) -> Json:
    return {"run_id": id, "path": path, "signed_uri": url, "type": "AWS_PRESIGNED_URL", "headers": []}
