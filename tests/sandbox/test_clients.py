"""Unmodified clients against a running sandbox, with host and token alone: databricks-sdk, mlflow 3.11.1 and 3.17.2."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from uv import find_uv_bin

from tests.sandbox.workspace import CACHE

if TYPE_CHECKING:
    from tests.sandbox.workspace import RunningSandbox

pytestmark = pytest.mark.process

HERE = Path(__file__).parent
PARTS = r".*/artifacts/complete-multipart-upload"
# pyfunc wants pandas, which our own environment does without.
MLFLOW = {
    version: [f"mlflow-skinny=={version}", "databricks-sdk==0.156.0", "pandas"] for version in ("3.11.1", "3.17.2")
}


def environment_with(requirements: list[str]) -> Path:
    """The Python of an environment with these packages, made once and kept in the project's cache."""
    digest = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:16]
    directory = CACHE / "clients" / digest
    directory.parent.mkdir(parents=True, exist_ok=True)
    python = directory / "bin" / "python"
    with (directory.parent / f"{digest}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "made").exists():
            subprocess.run([find_uv_bin(), "venv", "-q", "--clear", "--python", sys.executable, directory], check=True)
            subprocess.run(
                [find_uv_bin(), "pip", "install", "-q", "--compile-bytecode", "--python", python, *requirements],
                check=True,
            )
            (directory / "made").touch()
    return python


def run(sandbox: RunningSandbox, python: Path | str, script: str, *arguments: str, **more: str) -> dict[str, Any]:
    """Run a client's script; what it printed last."""
    done = subprocess.run(
        [python, HERE / script, *arguments],
        env=sandbox.environment() | more,
        cwd=sandbox.root,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


# What tells that the client took this way. The Files API has parts from 50 MiB on, see tests/workspace/test_uploads.py.
PASSED = {
    ("2.0", "files"): (r".*/fs/files/Models/.*",),
    ("2.1", "files"): (r".*/fs/files/Models/.*", r".*/2\.1/unity-catalog/models/versions"),
    ("2.0", "presigned"): (r".*/generate-temporary-credentials", r".*/create-upload-url", *(2 * (PARTS,))),
    ("2.1", "presigned"): (
        r".*/temporary-model-version-credentials",
        r".*/create-upload-url",
        *(2 * (PARTS,)),
    ),
}


@pytest.mark.parametrize("storage", ["files", "presigned"])
@pytest.mark.parametrize(("version", "dialect"), [("3.11.1", "2.0"), ("3.17.2", "2.0"), ("3.17.2", "2.1")])
def test_mlflow_logs_registers_and_loads(
    request: pytest.FixtureRequest, version: str, dialect: str, storage: str
) -> None:
    sandbox: RunningSandbox = request.getfixturevalue("sandbox" if storage == "files" else "presigned_sandbox")
    python = environment_with(MLFLOW[version])
    model = f"{sandbox.schema}.{sandbox.unique('agent')}"
    settings = {"MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY": "true"} if dialect == "2.1" else {}
    settings |= {"MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(1 << 20)}
    settings |= {"MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 << 20)}
    with sandbox.passing(*PASSED[dialect, storage]):
        seen = run(sandbox, python, "mlflow_client.py", f"/Shared/{sandbox.unique('logged')}", model, **settings)
    assert seen["big"] == {"of the run": True, "of the version": True}
    registered = seen["registered"]
    assert seen["mlflow"] == version
    assert (registered["version"], registered["status"]) == ("1", "READY")
    assert registered["tags"] == {"agentry_digest": "abc", "colour": "red"}
    assert registered["model_tags"] == {"team": "sky"}
    assert (registered["aliases"], registered["by_alias"], registered["found"]) == (["champion"], "1", ["1"])
    assert registered["description"] == "the first"
    assert model in registered["models"]
    assert {"MLmodel", "agent.py", "requirements.txt"} <= set(seen["loaded"]["files"])
    assert seen["loaded"]["answer"] == "are you there?"
    assert seen["run"]["runs"] == ["first"]
    assert seen["run"]["note"] == "a note"
    assert seen["run"]["logged_models"] == ["agent"]
    assert seen["run"]["spans"] == ["predict"]
    assert seen["refused"] == {
        "a tag key that Unity Catalog does not take": "INVALID_PARAMETER_VALUE",
        "a version that is not there": "RESOURCE_DOES_NOT_EXIST",
        "a model with versions": "INVALID_STATE",
        "a schema of nobody": "SCHEMA_DOES_NOT_EXIST",
    }
    assert seen["left"] == []


def test_databricks_sdk_finds_its_way(sandbox: RunningSandbox) -> None:
    name = sandbox.unique("tool")
    seen = run(sandbox, sys.executable, "sdk_client.py", name)
    assert seen["identities"] == {
        "me": "deployer@sandbox.example",
        "same workspace": True,
        "metastore": True,
        "asker": ["asker@sandbox.example"],
        "groups": ["admins", "analysts", "users"],
    }
    catalog = seen["catalog"]
    assert (catalog["catalogs"], catalog["schemas"]) == (["local"], ["local.agents"])
    assert (catalog["owner"], catalog["comment"]) == ("deployer@sandbox.example", "d")
    assert catalog["grants"] == {"privilege_assignments": [{"principal": "analysts", "privileges": ["EXECUTE"]}]}
    assert {"privilege": "CREATE_MODEL"} in catalog["effective"]["privilege_assignments"][0]["privileges"]
    assert (catalog["versions"], catalog["table"]) == ([], False)
    workspace = seen["workspace"]
    assert workspace["listed"] == [f"/Shared/{name}/deep/experiment"]
    assert workspace["levels"] == ["admins", "analysts", "deployer@sandbox.example", "users"]
    assert (workspace["by name"], workspace["secret"]) == (True, "value")
    assert workspace["files"] == {"small": "hello", "big": True, "listed": ["a b.txt", "big"], "length": 5}
    assert seen["refused"] == {
        "catalog": "NotFound",
        "schema": "NotFound",
        "model": "ResourceDoesNotExist",
        "user": "NotFound",
        "path": "ResourceDoesNotExist",
        "endpoint": "ResourceDoesNotExist",
        "file": "NotFound",
        "grant": "PermissionDenied",
        "home": "PermissionDenied",
        "name": "InvalidParameterValue",
    }


def test_databricks_sdk_knows_indexes_spaces_and_functions(sandbox: RunningSandbox) -> None:
    name, token = sandbox.unique("object"), sandbox.tokens["admin"]
    seen = run(sandbox, sys.executable, "sdk_objects.py", name, DATABRICKS_TOKEN=token)
    assert seen["index"] == {
        "endpoint": "e5",
        "ready": True,
        "listed": [f"local.agents.{name}"],
        "query": "NotImplemented",
        "table": f"local.agents.{name}",
        "gone": "ResourceDoesNotExist",
    }
    assert seen["space"] == {
        "title": name,
        "warehouse": "abc",
        "made": True,
        "definition": True,
        "left out": None,
        "listed": True,
        "managed": "genie-space",
        "asked": "NotImplemented",
        "gone": "ResourceDoesNotExist",
    }
    assert seen["function"] == {
        "definition": "SELECT 1",
        "body": "FunctionInfoRoutineBody.SQL",
        "dependencies": {"dependencies": [{"table": {"table_full_name": "local.agents.docs"}}]},
        "gone": "NotFound",
    }


def test_a_profile_of_the_config_file_is_enough(sandbox: RunningSandbox) -> None:
    environment = {key: value for key, value in sandbox.environment().items() if not key.startswith("DATABRICKS_")}
    for profile, person in {sandbox.profile: "deployer", f"{sandbox.profile}-asker": "asker"}.items():
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from databricks.sdk import WorkspaceClient as W; print(W().current_user.me().user_name)",
            ],
            env=environment
            | {"DATABRICKS_CONFIG_FILE": str(sandbox.config_file), "DATABRICKS_CONFIG_PROFILE": profile},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == f"{person}@sandbox.example"
