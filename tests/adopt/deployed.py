"""An agent as `databricks.agents.deploy()` 1.13.0 leaves it, made by the requests that it sends (observed).

Nothing of databricks-agents is used: a version that somebody else logged, its endpoint with one served entity, three
fixed variables, the experiment in a variable and a tag, and an inference table of the AI gateway.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agentry.package import read_package
from agentry.package.spec import AgentSpec

if TYPE_CHECKING:
    import httpx

    from agentry.resources import Resource

REGISTRY = "/api/2.0/mlflow/unity-catalog"
ENDPOINTS = "/api/2.0/serving-endpoints"
STATIC = {
    "ENABLE_LANGCHAIN_STREAMING": "true",
    "ENABLE_MLFLOW_TRACING": "true",
    "RETURN_REQUEST_ID_IN_RESPONSE": "true",
}


@dataclass(frozen=True)
class Workspace:
    """Whoever deploys there, in plain requests."""

    client: httpx.Client

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """One request that has to go well."""
        answer = self.client.request(method, path, **arguments)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else {}

    def experiment(self, path: str) -> str:
        """An experiment, by its id."""
        self.ask("POST", "/api/2.0/workspace/mkdirs", json={"path": path.rpartition("/")[0]})
        return str(self.ask("POST", "/api/2.0/mlflow/experiments/create", json={"name": path})["experiment_id"])

    def log(self, model: str, directory: Path, resources: list[Resource], **more: Any) -> str:
        """A version of a directory, as `log_model` and `register_model` leave it: no tag of ours on it."""
        if self.client.get(f"{REGISTRY}/registered-models/get", params={"name": model}).status_code == 404:
            self.ask("POST", f"{REGISTRY}/registered-models/create", json={"name": model})
        with tempfile.TemporaryDirectory() as made:
            package = read_package(AgentSpec(code=directory.name, resources=resources, **more), directory.parent)
            package.write(Path(made))
            files = {p.relative_to(made).as_posix(): p.read_bytes() for p in Path(made).rglob("*") if p.is_file()}
        return self.version(model, files)

    def version(self, model: str, files: dict[str, bytes]) -> str:
        """A version of these files."""
        made = self.ask("POST", f"{REGISTRY}/model-versions/create", json={"name": model, "source": "dbfs:/x"})
        number = str(made["model_version"]["version"])
        for path, data in files.items():
            self.ask("PUT", f"/api/2.0/fs/files/Models/{model.replace('.', '/')}/{number}/{path}", content=data)
        self.ask("POST", f"{REGISTRY}/model-versions/finalize", json={"name": model, "version": number})
        return number

    def stub(self, model: str, **mlmodel: Any) -> str:
        """A version that only a stand-in can serve, with this in its MLmodel file."""
        if self.client.get(f"{REGISTRY}/registered-models/get", params={"name": model}).status_code == 404:
            self.ask("POST", f"{REGISTRY}/registered-models/create", json={"name": model})
        flavor = {"python_version": "3.11", "model_code_path": "agent.py", "loader_module": "mlflow.pyfunc.model"}
        document = {"flavors": {"python_function": {**flavor, **mlmodel.pop("flavor", {})}}, **mlmodel}
        return self.version(model, {"MLmodel": yaml.safe_dump(document).encode(), "agent.py": b"AGENT = 1\n"})


@dataclass(frozen=True)
class Deployed:
    """What `agents.deploy(model, version)` made."""

    model: str
    version: str
    endpoint: str
    experiment: str
    experiment_id: str


@dataclass
class Deploy:
    """`agents.deploy()` with some of its arguments."""

    workspace: Workspace
    scale_to_zero: bool = True
    workload_size: str = "Small"
    environment_vars: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def __call__(self, model: str, version: str, experiment: str) -> Deployed:
        """Deploy it."""
        endpoint = f"agents_{model[:56].replace('.', '-')}".rstrip("_-")
        id_ = self.workspace.experiment(experiment)
        entity = f"{model.replace('.', '-')}_{version}"
        catalog, schema, name = model.split(".")
        body = {
            "name": endpoint,
            "description": "",
            "tags": [{"key": k, "value": v} for k, v in {**self.tags, "MONITOR_EXPERIMENT_ID": id_}.items()],
            "ai_gateway": {
                "inference_table_config": {
                    "enabled": True,
                    "catalog_name": catalog,
                    "schema_name": schema,
                    "table_name_prefix": name,
                }
            },
            "config": {
                "name": endpoint,
                "served_entities": [
                    {
                        "name": entity,
                        "entity_name": model,
                        "entity_version": int(version),
                        "workload_size": self.workload_size,
                        "scale_to_zero_enabled": self.scale_to_zero,
                        "environment_vars": {**self.environment_vars, **STATIC, "MLFLOW_EXPERIMENT_ID": id_},
                    }
                ],
                "traffic_config": {"routes": [{"served_model_name": entity, "traffic_percentage": 100}]},
            },
        }
        self.workspace.ask("POST", ENDPOINTS, json=body)
        return Deployed(model, version, endpoint, experiment, id_)
