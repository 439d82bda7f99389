"""What is read of an endpoint, and what is said where something may not be."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from agentry.adopt.reading import read, read_endpoint, read_version, resources_of
from agentry.errors import NotFound, PermissionDenied
from agentry.resources import Resource
from tests.adopt.seen import ENDPOINT, MODEL, live
from tests.workspace.fake import FakeTransport, workspace

ENDPOINTS = "/api/2.0/serving-endpoints"
CATALOG = "/api/2.1/unity-catalog"
EXPERIMENTS = "/api/2.0/mlflow/experiments/get"
MLMODEL = {
    "resources": {
        "databricks": {
            "serving_endpoint": [{"name": "claude"}],
            "table": [{"name": "a.b.c", "on_behalf_of_user": True}],
        }
    }
}


def transport(**routes: Any) -> FakeTransport:
    """A workspace in which all of it may be read; `denied` names what may not."""
    found: dict[tuple[str, str], Any] = {
        ("GET", "/api/2.0/mlflow/unity-catalog/registered-models/get"): {"registered_model": {"name": MODEL}},
        ("GET", f"{CATALOG}/models/{MODEL}"): {"aliases": [{"alias_name": "champion", "version_num": 7}]},
        ("GET", f"{CATALOG}/models/{MODEL}/versions/7"): {
            "model_version_dependencies": [{"type": "DATABRICKS_MODEL_ENDPOINT", "name": "claude"}]
        },
        ("GET", "/api/2.0/permissions/serving-endpoints/e1"): {
            "access_control_list": [
                _entry("user_name", "maker@company.example", "CAN_MANAGE"),
                _entry("group_name", "admins", "CAN_MANAGE", inherited=True),
                _entry("group_name", "analysts", "CAN_VIEW", "CAN_QUERY"),
                _entry("service_principal_name", "0a-1b", "CAN_MANAGE"),
            ]
        },
        ("GET", EXPERIMENTS): {"experiment": {"name": "/Shared/traces", "lifecycle_stage": "active"}},
        ("GET", ENDPOINTS): {"endpoints": [{"name": ENDPOINT}, {"name": "other"}]},
        ("GET", "/api/2.0/preview/scim/v2/Users"): {"Resources": [{"id": "5", "userName": "maker@company.example"}]},
    }
    return FakeTransport({**found, **{("GET", path): route for path, route in routes.items()}})


def _entry(key: str, name: str, *levels: str, inherited: bool = False) -> dict[str, Any]:
    return {key: name, "all_permissions": [{"permission_level": one, "inherited": inherited} for one in levels]}


async def test_all_of_it() -> None:
    fake = transport()
    fake.files[f"/api/2.0/fs/files/Models/{MODEL.replace('.', '/')}/7/MLmodel"] = yaml.safe_dump({}).encode()
    found = await read(workspace(fake), live())
    assert found.aliases == {"champion": 7}
    assert found.access == {"group:analysts": "CAN_QUERY", "sp:0a-1b": "CAN_MANAGE"}
    assert found.experiment == "/Shared/traces"
    assert found.notes == ()
    assert fake.writes == []


async def test_what_may_not_be_seen_is_said_and_left_out() -> None:
    refused = PermissionDenied("no")
    fake = transport(**{f"{CATALOG}/models/{MODEL}": refused, "/api/2.0/permissions/serving-endpoints/e1": refused})
    fake.files[f"/api/2.0/fs/files/Models/{MODEL.replace('.', '/')}/7/MLmodel"] = b"{}"
    found = await read(workspace(fake), live())
    assert (found.model, found.aliases, found.access) == (None, {}, {})
    assert [note.partition(":")[0] for note in found.notes] == [
        f"model {MODEL} is not yours to see",
        "who may ask the endpoint is not yours to see",
    ]


async def test_where_the_files_of_a_version_may_not_be_read_unity_catalog_tells_a_part() -> None:
    found = await read_version(workspace(transport()), MODEL, "7")
    assert found.resources == (Resource("serving_endpoint", "claude"),)
    assert "leaves out warehouses" in found.notes[0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (NotFound("gone"), "which is not there or not yours to see"),
        (PermissionDenied("no"), "which is not there or not yours to see"),
        ({"experiment": {"name": "/Shared/t", "lifecycle_stage": "deleted"}}, "/Shared/t, which is in the trash"),
    ],
)
async def test_traces_that_go_nowhere(answer: Any, said: str) -> None:
    fake = transport(**{EXPERIMENTS: answer})
    with pytest.raises((NotFound, PermissionDenied), match=said) as caught:
        await read(workspace(fake), live())
    assert caught.value.fix


async def test_a_name_that_is_not_there_comes_with_those_near_it() -> None:
    with pytest.raises(NotFound) as caught:
        await read_endpoint(workspace(transport()), ENDPOINT[:-1])
    assert caught.value.why == f"near it: {ENDPOINT}"
    with pytest.raises(NotFound) as caught:
        await read_endpoint(workspace(transport()), "zzz")
    assert caught.value.why == "2 endpoints are yours to see, none like it"


async def test_an_endpoint_that_may_not_be_read_is_the_workspaces_own_error() -> None:
    fake = transport(**{f"{ENDPOINTS}/{ENDPOINT}": PermissionDenied("You need CAN_VIEW")})
    with pytest.raises(PermissionDenied, match="CAN_VIEW"):
        await read_endpoint(workspace(fake), ENDPOINT)


def test_what_a_version_declares_stands_in_either_of_two_places() -> None:
    wanted = [Resource("serving_endpoint", "claude"), Resource("table", "a.b.c", on_behalf_of_user=True)]
    assert resources_of(MLMODEL) == wanted
    assert resources_of({"auth_policy": {"system_auth_policy": MLMODEL}}) == wanted
    assert resources_of({"resources": {"databricks": {"of_the_future": [{"name": "x"}]}}}) == []
