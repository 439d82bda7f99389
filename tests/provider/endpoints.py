"""A fake workspace with serving endpoints: an update is in progress for some polls, then it is well or it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.errors import Conflict, InvalidRequest, NotFound
from tests.workspace.fake import ME, FakeTransport

if TYPE_CHECKING:
    from agentry.workspace import Json

PREFIX = "/api/2.0/serving-endpoints"
# What the platform takes at creation, by route (databricks-sdk 0.156).
TAKEN = {"name", "tags", "description", "ai_gateway", "budget_policy_id", "email_notifications", "telemetry_config"}
TAKEN_WITH_UNITS = TAKEN - {"description", "telemetry_config"}


class Endpoints(FakeTransport):
    """Keeps endpoints; `failing` versions end in UPDATE_FAILED, every update takes `polls` polls.

    `refusing` holds errors by the last step of a route, raised once each.
    """

    def __init__(self, polls: int = 2) -> None:
        super().__init__()
        self.endpoints: dict[str, Json] = {}
        self.failing: set[str] = set()
        self.polls = polls
        catalog = "/api/2.1/unity-catalog"
        mine = {"owner": ME.user_name}
        self.routes = {
            ("GET", f"{catalog}/catalogs/main"): mine,
            ("GET", f"{catalog}/schemas/main.ai"): mine,
            ("GET", f"{catalog}/effective-permissions/CATALOG/main"): {},
            ("GET", f"{catalog}/effective-permissions/SCHEMA/main.ai"): {},
            ("GET", f"{catalog}/metastore_summary"): {},
        }
        self.tables: set[str] = set()
        self.versions = {"main.ai.weather": {"1", "2", "3"}, "system.ai.llama": {"1", "2"}}
        self.scopes: dict[str, set[str]] = {}
        self.refusing: dict[str, Exception] = {}
        self.bodies: list[tuple[str, str, Any]] = []
        self._left: dict[str, int] = {}

    async def send(self, method, path, query, body, timeout) -> Json:  # type: ignore[no-untyped-def]
        self.requests.append((method, path))
        if method != "GET":
            self.bodies.append((method, path, body))
        if path.startswith(PREFIX):
            return self._endpoint(method, path.removeprefix(PREFIX).strip("/").split("/"), body)
        if path.startswith("/api/2.1/unity-catalog/tables/"):
            return {"table_exists": path.split("/")[-2] in self.tables}
        if path.startswith("/api/2.1/unity-catalog/models/"):
            return self._model(path.split("/")[5:])
        if path == "/api/2.0/secrets/list":
            if query["scope"] not in self.scopes:
                raise NotFound(f"no scope {query['scope']}")
            return {"secrets": [{"key": key} for key in sorted(self.scopes[query["scope"]])]}
        answer: Json = await super().send(method, path, query, body, timeout)
        return answer

    def _model(self, parts: list[str]) -> Json:
        model, what, which = parts
        if what == "versions" and which in self.versions.get(model, set()):
            return {"version": int(which)}
        if what == "aliases" and which == "champion":
            return {"version": 2}
        raise NotFound(f"no {what} {which} of {model}")

    def _endpoint(self, method: str, parts: list[str], body: Any) -> Json:
        refused = None if method == "GET" else self.refusing.pop(parts[-1] or "create", None)
        if refused:
            raise refused
        if method == "POST":
            return self._create(body, with_units=parts == ["pt"])
        with_units = parts[0] == "pt"
        name, *rest = parts[1:] if with_units else parts
        if name not in self.endpoints:
            raise NotFound(f"no endpoint {name}")
        live = self.endpoints[name]
        if method == "DELETE":
            return self.endpoints.pop(name)
        if method == "GET":
            return {"logs": "line 1\nImportError: no module"} if rest else self._poll(live)
        if rest == ["config"]:
            if live["state"].get("config_update") == "IN_PROGRESS":
                raise Conflict("an update runs")
            return self._begin(name, body["config"] if with_units else body)
        self._change(live, rest[0], body)
        return live

    def _create(self, body: Json, *, with_units: bool) -> Json:
        taken = TAKEN_WITH_UNITS if with_units else TAKEN | {"route_optimized"}
        assert set(body) <= taken | {"config"}, "a field that this route does not take"
        self.endpoints[body["name"]] = {
            **{key: value for key, value in body.items() if key != "config"},
            "telemetry_config": _profile(body.get("telemetry_config")),
            "id": "e1",
            "creator": "me@test.example",
            "state": {"ready": "NOT_READY"},
            "config": None,
        }
        return self._begin(body["name"], body["config"])

    def _change(self, live: Json, route: str, body: Json) -> None:
        if route == "tags":
            kept = {t["key"]: t["value"] for t in live["tags"] if t["key"] not in body["delete_tags"]}
            kept |= {t["key"]: t["value"] for t in body["add_tags"]}
            live["tags"] = [{"key": k, "value": v} for k, v in kept.items()]
        elif route == "ai-gateway":
            self._change_gateway(live, body)
        elif route == "telemetry-config":
            if live["state"].get("config_update") == "IN_PROGRESS":
                raise Conflict("wait for the update to complete before updating the telemetry configuration")
            live["telemetry_config"] = _profile(body.get("telemetry_config"))
        elif route in ("description", "notifications"):
            live.update(body)
        else:
            raise NotFound(f"no route {route}")

    def _change_gateway(self, live: Json, body: Json) -> None:
        before, after = (
            (gateway or {}).get("inference_table_config") or {} for gateway in (live.get("ai_gateway"), body)
        )
        if before.get("enabled") and after.get("enabled") and before != after:
            raise InvalidRequest("Inference tables is already enabled")
        live["ai_gateway"] = body

    def _begin(self, name: str, config: Json) -> Json:
        live = self.endpoints[name]
        self._left[name] = self.polls
        live["state"]["config_update"] = "IN_PROGRESS"
        entities = [{**e, "state": {"deployment": "DEPLOYMENT_CREATING"}} for e in config["served_entities"]]
        live["pending_config"] = {**config, "served_entities": entities}
        return live

    def _poll(self, live: Json) -> Json:
        name = live["name"]
        if live["state"].get("config_update") == "IN_PROGRESS":
            self._left[name] -= 1
            if self._left[name] < 0:
                self._end(live)
        return live

    def _end(self, live: Json) -> None:
        pending = live["pending_config"]
        if any(one.get("entity_version") in self.failing for one in pending["served_entities"]):
            live["state"]["config_update"] = "UPDATE_FAILED"
            for one in pending["served_entities"]:
                one["state"] = {"deployment": "DEPLOYMENT_FAILED", "deployment_state_message": "it does not load"}
            return
        entities = [{**_told(one), "state": {"deployment": "DEPLOYMENT_READY"}} for one in pending["served_entities"]]
        live["config"] = {**pending, "served_entities": entities}
        live["pending_config"] = None
        live["state"] = {"ready": "READY", "config_update": "NOT_UPDATING"}


def _told(value: Any) -> Any:
    """What an answer tells of a request: keys that were written out are kept to itself."""
    if isinstance(value, dict):
        untold = ("burst_scaling_enabled", *(key for key in value if key.endswith("_plaintext")))
        return {key: _told(item) for key, item in value.items() if key not in untold}
    return value


def _profile(config: Json | None) -> Json | None:
    """Tables become a profile, whose id is answered in their place (databricks/cli, libs/testserver)."""
    if config is None or "table_names" not in config:
        return config
    return {**{k: v for k, v in config.items() if k != "table_names"}, "telemetry_profile_id": "made-of-tables"}
