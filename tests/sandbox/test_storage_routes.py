"""The routes that files take: the Files API closed where addresses are presigned, credentials, and uploads in parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import SandboxError
from agentry.sandbox.mode import PRESIGNED, Choice, Mode

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

FS, ML, UC = "/api/2.0/fs", "/api/2.0/mlflow", "/api/2.1/unity-catalog"
MODEL = "local.agents.m"
FILE = "/Models/local/agents/m/1/MLmodel"
PARTS = f"{ML}/artifacts"


async def pending_version(inside: Inside) -> None:
    for what in ("registered-models", "model-versions"):
        await inside.done("deployer", "POST", f"{ML}/unity-catalog/{what}/create", {"name": MODEL})


async def logged_model(inside: Inside) -> str:
    made = await inside.done("deployer", "POST", f"{ML}/experiments/create", {"name": "/Shared/e"})
    body = {"experiment_id": made["experiment_id"], "name": "m"}
    return str((await inside.done("deployer", "POST", f"{ML}/logged-models", body))["model"]["info"]["model_id"])


def presigned(inside: Inside) -> None:
    inside.state.settings = replace(inside.state.settings, mode=Mode(storage=PRESIGNED))


async def test_the_workspace_says_which_way_files_move(inside: Inside) -> None:
    path = f"{ML}/unity-catalog/registered-models:is-databricks-sdk-models-artifact-repository-enabled"
    key = "is_databricks_sdk_models_artifact_repository_enabled"
    assert await inside.done("deployer", "GET", path) == {key: True}
    presigned(inside)
    assert await inside.done("deployer", "GET", path) == {key: False}


async def test_presigned_addresses_are_the_only_way_where_they_were_chosen(inside: Inside) -> None:
    await pending_version(inside)
    presigned(inside)
    for method, path in (
        ("PUT", f"{FS}/files{FILE}"),
        ("GET", f"{FS}/files{FILE}"),
        ("POST", f"{FS}/files{FILE}?action=initiate-upload"),
        ("PUT", f"{FS}/files/WorkspaceInternal/Mlflow/Artifacts/1/Runs/x/artifacts/a"),
        ("GET", f"{FS}/directories/WorkspaceInternal/Mlflow/Artifacts/1"),
    ):
        refused = await inside.refused("deployer", method, path, b"x" if method == "PUT" else None)
        assert refused.startswith("PERMISSION_DENIED"), (method, path)
        assert "move by presigned addresses" in refused, (method, path)
    url = (await inside.done("deployer", "POST", f"{FS}/create-upload-url", {"path": FILE}))["url"]
    assert (await inside.http.put(url, content=b"model")).status_code == 200
    listed = await inside.done("deployer", "GET", f"{FS}/directories{FILE.rpartition('/')[0]}")
    assert [entry["name"] for entry in listed["contents"]] == ["MLmodel"]
    url = (await inside.done("deployer", "POST", f"{FS}/create-download-url", {"path": FILE}))["url"]
    assert (await inside.http.get(url)).content == b"model"


async def test_both_dialects_answer_with_the_same_credentials(inside: Inside) -> None:
    await pending_version(inside)
    old = {"name": MODEL, "version": "1", "operation": "MODEL_VERSION_OPERATION_READ_WRITE"}
    new = {"catalog_name": "local", "schema_name": "agents", "model_name": "m", "version": 1}
    writing = new | {"operation": "READ_WRITE_MODEL_VERSION"}
    legacy = await inside.done(
        "deployer", "POST", f"{ML}/unity-catalog/model-versions/generate-temporary-credentials", old
    )
    native = await inside.done("deployer", "POST", f"{UC}/temporary-model-version-credentials", writing)
    assert legacy["credentials"] == native
    assert native["storage_mode"] == "DEFAULT_STORAGE"
    refused = await inside.refused("asker", "POST", f"{UC}/temporary-model-version-credentials", writing)
    assert refused.startswith("PERMISSION_DENIED")


async def test_a_file_of_a_logged_model_arrives_in_parts(inside: Inside) -> None:
    model = await logged_model(inside)
    where = {"run_id": model, "path": "deep/weights.bin"}
    begun = await inside.done("deployer", "POST", f"{PARTS}/create-multipart-upload", {**where, "num_parts": 2})
    etags = [
        (await inside.http.put(info["signed_uri"], content=content)).headers["ETag"]
        for info, content in zip(begun["upload_credential_infos"], (b"one", b"two"), strict=True)
    ]
    upload = {"upload_id": begun["upload_id"]}
    again = await inside.done(
        "deployer", "GET", f"{PARTS}/get-presigned-upload-part-url", **where, **upload, part_number=2
    )
    etags[1] = (await inside.http.put(again["upload_credential_info"]["signed_uri"], content=b"TWO")).headers["ETag"]
    parts = [{"part_number": number, "etag": etag} for number, etag in enumerate(etags, 1)]
    await inside.done(
        "deployer", "POST", f"{PARTS}/complete-multipart-upload", {**where, **upload, "part_etags": parts}
    )
    down = await inside.done(
        "deployer", "POST", f"{ML}/logged-models/{model}/artifacts/credentials-for-download", {"paths": [where["path"]]}
    )
    found = await inside.http.get(down["credentials"][0]["credential_info"]["signed_uri"])
    assert found.content == b"oneTWO"


async def test_an_upload_in_parts_can_be_given_up(inside: Inside) -> None:
    where = {"run_id": await logged_model(inside), "path": "weights.bin"}
    begun = await inside.done("deployer", "POST", f"{PARTS}/create-multipart-upload", {**where, "num_parts": 1})
    assert (await inside.http.delete(begun["abort_credential_info"]["signed_uri"])).status_code == 200
    body = {**where, "upload_id": begun["upload_id"], "part_etags": [{"part_number": 1, "etag": "x"}]}
    assert "not known" in await inside.refused("deployer", "POST", f"{PARTS}/complete-multipart-upload", body)


@pytest.mark.parametrize(
    ("who", "changed", "said"),
    [
        ("deployer", {"num_parts": 0}, "num_parts must be 1 to"),
        ("deployer", {"num_parts": 10_001}, "num_parts must be 1 to"),
        ("deployer", {"run_id": "m-nobody"}, "not found"),
        ("deployer", {"run_id": "nobody"}, "nobody"),
    ],
)
async def test_what_can_not_be_sent_in_parts_is_said(
    inside: Inside, who: str, changed: dict[str, Any], said: str
) -> None:
    body = {"run_id": await logged_model(inside), "path": "a", "num_parts": 1, **changed}
    assert said in await inside.refused(who, "POST", f"{PARTS}/create-multipart-upload", body)


def test_a_route_that_there_is_not_is_refused_at_the_start() -> None:
    with pytest.raises(SandboxError, match="by 'floppy'"):
        Choice(storage="floppy")
    assert str(Mode(storage=PRESIGNED)) == "files move by presigned addresses"
