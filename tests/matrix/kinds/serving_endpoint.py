"""See `tests.matrix.case`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.provider.kinds.serving_endpoint import ServingEndpoint
from tests.matrix.case import Case, Inputs, Platform, Variant
from tests.matrix.ground import NAME as CATALOG
from tests.matrix.ground import SCHEMA
from tests.matrix.kinds.registered_model import MODEL, REGISTRY, make
from tests.provider import test_endpoint_every_field, test_endpoint_sdk
from tests.provider.test_endpoint_every_field import FIELDS

if TYPE_CHECKING:
    from tests.matrix.ground import Ground

NAME = test_endpoint_every_field.NAME
ENDPOINT = f"/api/2.0/serving-endpoints/{NAME}"
SECRETS = "/api/2.0/secrets"
OURS, THEIRS = "local-agents-weather_1", "theirs"


async def version(ground: Ground, model: str) -> str:
    """A version that can be served, made by hand."""
    made = await ground.done(
        "POST", f"{REGISTRY}/model-versions/create", {"name": model, "source": "dbfs:/x"}, "deployer"
    )
    number = str(made["model_version"]["version"])
    file = f"/api/2.0/fs/files/Models/{model.replace('.', '/')}/{number}/MLmodel"
    await ground.done("PUT", file, b"flavors: {python_function: {python_version: '3.11'}}\n", "deployer")
    done = {"name": model, "version": number}
    await ground.done("POST", f"{REGISTRY}/model-versions/finalize", done, "deployer")
    return number


def here(value: Any) -> Any:
    """A declaration of the fake workspace's, with what there is in this one."""
    text = json.dumps(value).replace("main.ai.", f"{SCHEMA}.").replace("system.ai.llama", MODEL)
    return json.loads(text)


def variant(field: str) -> Variant:
    """From the table of the test in memory, which goes through every field on its own."""
    rest, first, value = (here(one) for one in FIELDS[field])
    whole = {**dict.fromkeys(CASE_INPUTS), **{key: item for key, item in rest.items() if key != field}}
    return Variant(value, rest=whole, first=first)


CASE_INPUTS: Inputs = {
    "name": NAME,
    "model": MODEL,
    "version": "1",
    "description": "asks the sky",
    "tags": {"team": "sky"},
}


class ServingEndpoints(Case):
    """An endpoint of an agent."""

    kind: ClassVar[Any] = ServingEndpoint()
    essential: ClassVar[tuple[str, ...]] = ("model", "version", "source", "externalModel")
    by_default: ClassVar[dict[str, Any]] = {"routeOptimized": False}
    drifts: ClassVar[tuple[str, ...]] = ("description", "tags")
    variants: ClassVar[dict[str, Variant]] = {
        **{field: variant(field) for field in FIELDS},
        "name": Variant("clouds"),
        "agentVariables": Variant(False, seen="agentVariables"),
        "source": Variant(
            f"models:/{MODEL}/2", rest={"model": None, "version": None}, first=f"models:/{MODEL}/1", seen="version"
        ),
        "experimentId": Variant("12", first="11"),
        "traffic": Variant({THEIRS: 10}, refused="serves no entity"),
        "autoCaptureConfig": Variant({}, refused="inferenceTable"),
        "servedModels": Variant([], refused="give model and version"),
        "servedEntities": Variant([], refused="others are kept"),
    }
    platform: ClassVar[Platform] = Platform(requests=(), ours={})

    def forgotten(self) -> list[str]:
        return test_endpoint_sdk.forgotten()

    async def prepare(self, ground: Ground) -> None:
        for model in (MODEL, f"{SCHEMA}.clouds"):
            await make(ground, model)
            await version(ground, model)
            await version(ground, model)
        await ground.done("POST", f"{SECRETS}/scopes/create", {"scope": "llm"}, "deployer")
        for key in ("openai", "other"):
            body = {"scope": "llm", "key": key, "string_value": "of the platform"}
            await ground.done("POST", f"{SECRETS}/put", body, "deployer")

    def inputs(self) -> Inputs:
        return dict(CASE_INPUTS)

    async def live(self, ground: Ground) -> Any:
        found = await ground.found(ENDPOINT)
        if found is None:
            return None
        tags = {tag["key"]: tag["value"] for tag in found["tags"] if tag["key"] == "team"}
        entities = [one["name"] for one in found["config"]["served_entities"] if one["name"] != THEIRS]
        return {"description": found.get("description"), "tags": tags, "entities": entities}

    async def change(self, ground: Ground, id: str) -> None:
        await ground.done("PATCH", f"{ENDPOINT}/description", {"description": "somebody's"})
        await ground.done("PATCH", f"{ENDPOINT}/tags", {"add_tags": [{"key": "team", "value": "somebody's"}]})

    async def remove(self, ground: Ground, id: str) -> None:
        await ground.done("DELETE", ENDPOINT)

    async def add_theirs(self, ground: Ground, id: str) -> None:
        config = (await ground.found(ENDPOINT))["config"]
        ours = [{**one, "environment_vars": None} for one in config["served_entities"]]
        theirs = {**ours[0], "name": THEIRS, "entity_version": "2"}
        routes = [
            {"served_model_name": OURS, "traffic_percentage": 70},
            {"served_model_name": THEIRS, "traffic_percentage": 30},
        ]
        known = ("name", "entity_name", "entity_version", "workload_size", "scale_to_zero_enabled")
        served = [{key: one[key] for key in known} for one in (*ours, theirs)]
        body = {"served_entities": served, "traffic_config": {"routes": routes}}
        await ground.done("PUT", f"{ENDPOINT}/config", body, "deployer")
        await ground.until(lambda: self._idle(ground))
        await ground.done("PATCH", f"{ENDPOINT}/tags", {"add_tags": [{"key": THEIRS, "value": "kept"}]})

    async def _idle(self, ground: Ground) -> bool:
        return not (await ground.found(ENDPOINT)).get("pending_config")

    async def theirs(self, ground: Ground) -> Any:
        found = await ground.found(ENDPOINT)
        routes = found["config"]["traffic_config"]["routes"]
        shares = [one["traffic_percentage"] for one in routes if one["served_model_name"] == THEIRS]
        return [*shares, *(tag["value"] for tag in found["tags"] if tag["key"] == THEIRS)]

    async def by_hand(self, ground: Ground) -> str:
        entity = {
            "name": OURS,
            "entity_name": MODEL,
            "entity_version": "1",
            "workload_size": "Small",
            "scale_to_zero_enabled": True,
        }
        table = {"enabled": True, "catalog_name": CATALOG, "schema_name": "agents", "table_name_prefix": "weather"}
        body = {
            "name": NAME,
            "description": "asks the sky",
            "ai_gateway": {"inference_table_config": table},
            "tags": [{"key": "team", "value": "sky"}],
            "config": {"served_entities": [entity]},
        }
        await ground.done("POST", "/api/2.0/serving-endpoints", body, "deployer")
        return NAME

    def canaries(self, canary: Any) -> Inputs:
        return {
            **CASE_INPUTS,
            "description": canary,
            "tags": {"team": canary},
            "environmentVars": {"PLAIN": canary, "LIST": canary},
        }


CASE = ServingEndpoints()
