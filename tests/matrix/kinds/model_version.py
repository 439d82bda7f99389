"""See `tests.matrix.case`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from databricks.sdk.service import catalog, ml

from agentry.provider.kinds.model_version import ModelVersion
from tests.matrix.case import Case, Inputs, Platform, Variant
from tests.matrix.ground import SCHEMA
from tests.matrix.kinds.registered_model import MODEL, RECORDED, REGISTRY, make
from tests.package.agents import PYTHON_MODEL, RESPONSES_AGENT, write_agent

if TYPE_CHECKING:
    from tests.matrix.ground import Ground

REQUIREMENTS = "mlflow==3.17.2\n"
TELLER = {"code": "agents/teller", "check": False}
NUMBERS, TEXTS = [{"name": "amount", "type": "double"}], [{"name": "word", "type": "string"}]
SIGNATURE = {"inputs": NUMBERS, "outputs": NUMBERS}
CHAT = {"type": "serving_endpoint", "name": "sandbox-chat"}


class ModelVersions(Case):
    """The first version of an agent that does nothing."""

    kind: ClassVar[Any] = ModelVersion()
    drifts: ClassVar[tuple[str, ...]] = ("description", "tags.team")
    remade: ClassVar[str] = "replace"
    essential: ClassVar[tuple[str, ...]] = ("signature",)
    by_ours_only: ClassVar[str] = "what a version holds is told by the digest in its tag, which only we write"
    stays: ClassVar[str] = "readers by number can not be seen: `keep` says how many go"
    variants: ClassVar[dict[str, Variant]] = {
        "model": Variant(f"{SCHEMA}.clouds"),
        "code": Variant("agents/clouds", seen="digest"),
        "modelConfig": Variant({"units": "imperial"}, seen="digest"),
        "resources": Variant([CHAT], seen="digest"),
        "authPolicy": Variant({"user_auth_policy": {"api_scopes": ["serving.serving-endpoints"]}}, seen="digest"),
        "requirements": Variant(["mlflow==3.17.2", "packaging==24.0"], seen="digest"),
        "python": Variant("3.12", seen="digest"),
        "interface": Variant("ChatAgent", refused="MLflow asks an object by its class"),
        "signature": Variant({**SIGNATURE, "outputs": TEXTS}, rest=TELLER, first=SIGNATURE, seen="digest"),
        "inputExample": Variant({"input": [{"role": "user", "content": "hello"}]}, seen="digest"),
        "experimentId": Variant("12", seen=""),
        "description": Variant("asks the sea"),
        "tags": Variant({"team": "sea"}),
        "keep": Variant(3, seen=""),
        "environmentVars": Variant({"UNITS": "metric"}, seen=""),
        "check": Variant(False, seen=""),
        "source": Variant("dbfs:/x", refused="code"),
        "runId": Variant("1", refused="no run"),
        "runLink": Variant("https://workspace.example", refused="no run"),
        "aliases": Variant([], refused="ModelAlias"),
        "comment": Variant("asks", refused="description"),
    }
    platform: ClassVar[Platform] = Platform(
        requests=(catalog.ModelVersionsAPI.update, ml.ModelRegistryAPI.create_model_version, ml.ModelVersionTag),
        ours={
            "update.aliases": "aliases",
            "update.comment": "comment",
            "update.model_version_dependencies": "resources",
            "update.run_id": "runId",
            "update.source": "source",
            "create_model_version.name": "model",
            "create_model_version.source": "source",
            "create_model_version.description": "description",
            "create_model_version.run_id": "runId",
            "create_model_version.run_link": "runLink",
            "create_model_version.tags": "tags",
            "ModelVersionTag.key": "tags",
            "ModelVersionTag.value": "tags",
        },
        reasons={
            **{f"update.{name}": "its model: field `model`" for name in ("catalog_name", "schema_name", "model_name")},
            "update.full_name": "its model: field `model`",
            "update.version": "numbers are the platform's",
            "update.run_workspace_id": "it is made of files, in no run",
            **{
                f"update.{name}": RECORDED
                for name in (
                    "id", "metastore_id", "status", "storage_location",
                    "created_at", "created_by", "updated_at", "updated_by",
                )
            },
        },
    )  # fmt: skip

    async def prepare(self, ground: Ground) -> None:
        await make(ground)
        await make(ground, f"{SCHEMA}.clouds")
        files: dict[str, str | bytes] = {"agent.py": RESPONSES_AGENT, "requirements.txt": REQUIREMENTS}
        write_agent(ground.root, files, "agents/weather")
        write_agent(ground.root, {**files, "more.py": ""}, "agents/clouds")
        write_agent(ground.root, {**files, "agent.py": PYTHON_MODEL}, "agents/teller")

    def inputs(self) -> Inputs:
        return {
            "model": MODEL,
            "code": "agents/weather",
            "modelConfig": {"units": "metric"},
            "description": "asks the sky",
            "tags": {"team": "sky"},
        }

    async def _newest(self, ground: Ground) -> Any:
        found = await ground.found(f"{REGISTRY}/model-versions/search", filter=f"name='{MODEL}'")
        numbers = sorted(int(one["version"]) for one in (found or {}).get("model_versions") or ())
        if not numbers:
            return None
        return (await ground.found(f"{REGISTRY}/model-versions/get", name=MODEL, version=str(numbers[-1])))[
            "model_version"
        ]

    async def live(self, ground: Ground) -> Any:
        version = await self._newest(ground)
        if version is None:
            return None
        tags = {tag["key"]: tag["value"] for tag in version["tags"] if tag["key"] in ("team", "agentry_digest")}
        return {"description": version.get("description"), "tags": tags}

    async def change(self, ground: Ground, id: str) -> None:
        named = {"name": MODEL, "version": id.rpartition("/")[2]}
        await ground.done("PATCH", f"{REGISTRY}/model-versions/update", {**named, "description": "somebody's"})
        await ground.done("DELETE", f"{REGISTRY}/model-versions/delete-tag", {**named, "key": "team"})

    async def remove(self, ground: Ground, id: str) -> None:
        named = {"name": MODEL, "version": id.rpartition("/")[2]}
        await ground.done("DELETE", f"{REGISTRY}/model-versions/delete", named)

    async def add_theirs(self, ground: Ground, id: str) -> None:
        tag = {"name": MODEL, "version": id.rpartition("/")[2], "key": "theirs", "value": "kept"}
        await ground.done("POST", f"{REGISTRY}/model-versions/set-tag", tag)

    async def theirs(self, ground: Ground) -> Any:
        return [tag["value"] for tag in (await self._newest(ground))["tags"] if tag["key"] == "theirs"]

    def canaries(self, canary: Any) -> Inputs:
        return {
            **self.inputs(),
            "modelConfig": {"password": canary, "deep": {"list": [canary]}},
            "description": canary,
            "tags": {"team": canary},
            "environmentVars": {"PLAIN": canary},
            "inputExample": {"input": [{"role": "user", "content": canary}]},
        }


CASE = ModelVersions()
