"""A model registry in memory for the tests of model versions: what is finalized becomes READY when the test says so."""

from __future__ import annotations

from typing import Any

from agentry.errors import NotFound
from agentry.workspace.model_versions import REGISTRY
from agentry.workspace.registration import LOGGED_MODELS
from tests.workspace.fake import FakeTransport

MODEL = "main.ai.weather"


class FakeRegistry(FakeTransport):
    """One model.

    Attributes:
        versions: By number, as the wire has them.
        then: The status of a version after finalize, one for each time it is asked for; the last one stays.
        endpoints: What serves.
    """

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[int, dict[str, Any]] = {}
        self.last = 0
        self.then = ["READY"]
        self.endpoints: list[dict[str, Any]] = []
        versions = f"{REGISTRY}/model-versions"
        self.routes = {
            ("GET", f"{versions}/search"): lambda _: {"model_versions": list(self.versions.values())},
            ("GET", f"{versions}/get"): self.get,
            ("POST", f"{versions}/create"): self.create,
            ("POST", f"{versions}/finalize"): self.finalize,
            ("POST", f"{versions}/set-tag"): self.set_tag,
            ("DELETE", f"{versions}/delete-tag"): self.delete_tag,
            ("PATCH", f"{versions}/update"): self.update,
            ("DELETE", f"{versions}/delete"): self.delete,
            ("GET", "/api/2.0/serving-endpoints"): lambda _: {"endpoints": self.endpoints},
            ("POST", f"{LOGGED_MODELS}/search"): {},
        }

    def made(self, number: int, status: str = "READY", owner: str = "agents/dev", **more: Any) -> None:
        """A version that is there already."""
        tags = {"agentry_digest": more.pop("digest", f"d{number}"), "agentry_owner": owner}
        self.versions[number] = {
            "name": MODEL,
            "version": str(number),
            "status": status,
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
            **more,
        }
        self.last = max(self.last, number)

    def tags(self, number: int) -> dict[str, str]:
        return {tag["key"]: tag["value"] for tag in self.versions[number]["tags"]}

    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        version = self.find(query)
        if version.get("finalized"):
            version["status"] = self.then.pop(0) if len(self.then) > 1 else self.then[0]
        return {"model_version": version}

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        self.last += 1
        self.versions[self.last] = {**body, "version": str(self.last), "status": "PENDING_REGISTRATION"}
        return {"model_version": self.versions[self.last]}

    def finalize(self, body: dict[str, Any]) -> dict[str, Any]:
        self.find(body)["finalized"] = True
        return {}

    def set_tag(self, body: dict[str, Any]) -> dict[str, Any]:
        tags = {**self.tags(int(body["version"])), body["key"]: body["value"]}
        self.find(body)["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
        return {}

    def delete_tag(self, body: dict[str, Any]) -> dict[str, Any]:
        self.find(body)["tags"] = [tag for tag in self.find(body)["tags"] if tag["key"] != body["key"]]
        return {}

    def update(self, body: dict[str, Any]) -> dict[str, Any]:
        self.find(body)["description"] = body["description"]
        return {}

    def delete(self, body: dict[str, Any]) -> dict[str, Any]:
        self.find(body)
        del self.versions[int(body["version"])]
        return {}

    def find(self, query: dict[str, Any]) -> dict[str, Any]:
        if int(query["version"]) not in self.versions:
            raise NotFound("no such version")
        return self.versions[int(query["version"])]
