"""What a data scientist does with mlflow, run by `test_clients.py` under several mlflow versions.

    python mlflow_client.py EXPERIMENT MODEL

It knows the workspace by its environment alone, and prints what it saw as one line of JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
from mlflow.models.resources import DatabricksServingEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable

AGENT = """
import mlflow
from mlflow.pyfunc import ResponsesAgent
from mlflow.types.responses import ResponsesAgentResponse


class Echo(ResponsesAgent):
    def predict(self, request):
        said = request.input[-1].content
        return ResponsesAgentResponse(output=[self.create_text_output_item(text=said, id="1")])

    def predict_stream(self, request):
        yield from ()


mlflow.models.set_model(Echo())
"""
# Three parts of 5 MiB, the smallest that mlflow sends.
BIG = bytes(range(256)) * (12 << 12)
QUESTION = {"input": [{"role": "user", "content": "are you there?"}]}


def log(experiment: str, directory: Path) -> tuple[Any, Any]:
    """A run with something of everything, and a logged model."""
    (directory / "agent.py").write_text(AGENT)
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_metric("loss", 0.5)
        mlflow.log_param("depth", 3)
        mlflow.log_text("a note", "notes/note.txt")
        big = directory / "big.bin"
        big.write_bytes(BIG)
        mlflow.log_artifact(str(big))
        info = mlflow.pyfunc.log_model(
            name="agent",
            python_model=str(directory / "agent.py"),
            pip_requirements=["mlflow"],
            resources=[DatabricksServingEndpoint("sandbox-chat")],
        )
        mlflow.MlflowClient().log_model_artifact(info.model_id, str(big))
    return run, info


def register(model: str, uri: str) -> dict[str, Any]:
    """A version with tags and an alias, read back in each way there is."""
    client = mlflow.MlflowClient()
    version = mlflow.register_model(uri, model, tags={"agentry_digest": "abc"})
    client.set_registered_model_alias(model, "champion", version.version)
    client.set_model_version_tag(model, version.version, "colour", "red")
    client.set_registered_model_tag(model, "team", "sky")
    client.update_model_version(model, version.version, "the first")
    got = client.get_model_version(model, version.version)
    return {
        "version": str(version.version),
        "status": got.status,
        "tags": got.tags,
        "aliases": list(got.aliases),
        "description": got.description,
        "by_alias": str(client.get_model_version_by_alias(model, "champion").version),
        "found": [str(hit.version) for hit in client.search_model_versions(f"name='{model}'")],
        "models": [hit.name for hit in client.search_registered_models()],
        "model_tags": client.get_registered_model(model).tags,
    }


def load(model: str) -> dict[str, Any]:
    """Download and load the version by its alias, and ask it; the answer leaves a trace."""
    files = Path(mlflow.artifacts.download_artifacts(f"models:/{model}@champion"))
    answer = mlflow.pyfunc.load_model(f"models:/{model}@champion").predict(QUESTION)
    return {
        "files": sorted(str(file.relative_to(files)) for file in files.rglob("*") if file.is_file()),
        "answer": answer["output"][0]["content"][0]["text"],
    }


def big_files(run: Any, model: str) -> dict[str, bool]:
    """Whether the file that is uploaded in parts, where addresses are presigned, arrived as it was."""
    places = {"of the run": f"{run.info.artifact_uri}/big.bin", "of the version": f"models:/{model}@champion/big.bin"}
    return {which: Path(mlflow.artifacts.download_artifacts(uri)).read_bytes() == BIG for which, uri in places.items()}


def look_back(run: Any) -> dict[str, Any]:
    """The run, its files, its logged model and the traces of its experiment."""
    mlflow.flush_trace_async_logging()
    experiment_id = run.info.experiment_id
    found = mlflow.MlflowClient().search_runs([experiment_id], "metrics.loss < 1 AND params.depth = '3'")
    traces = mlflow.search_traces(locations=[experiment_id], return_type="list")
    return {
        "runs": [hit.info.run_name for hit in found],
        "note": mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/note.txt"),
        "logged_models": [m.name for m in mlflow.search_logged_models([experiment_id], output_format="list")],
        "spans": [span.name for trace in traces for span in trace.data.spans],
    }


def refusals(model: str) -> dict[str, str]:
    """What is refused, by the code that the client sees."""
    client = mlflow.MlflowClient()
    calls: dict[str, Callable[[], object]] = {
        "a tag key that Unity Catalog does not take": lambda: client.set_model_version_tag(model, "1", "a.b", "c"),
        "a version that is not there": lambda: client.get_model_version(model, "77"),
        "a model with versions": lambda: client.delete_registered_model(model),
        "a schema of nobody": lambda: client.create_registered_model("local.nowhere.model"),
    }
    return {name: code_of(call) for name, call in calls.items()}


def code_of(call: Callable[[], object]) -> str:
    """The code of a refusal, or "" when there was none."""
    try:
        call()
    except mlflow.exceptions.MlflowException as error:
        return str(error.error_code)
    return ""


def main(experiment: str, model: str) -> None:
    """All of it, then everything is removed again."""
    with tempfile.TemporaryDirectory() as directory:
        run, info = log(experiment, Path(directory))
    seen = {"mlflow": mlflow.__version__, "registered": register(model, info.model_uri), "loaded": load(model)}
    seen |= {"big": big_files(run, model), "run": look_back(run), "refused": refusals(model)}
    client = mlflow.MlflowClient()
    client.delete_registered_model_alias(model, "champion")
    client.delete_model_version(model, seen["registered"]["version"])
    client.delete_registered_model(model)
    seen["left"] = [hit.name for hit in client.search_registered_models() if hit.name == model]
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
