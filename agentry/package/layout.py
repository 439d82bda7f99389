"""The files of an MLflow model directory, byte for byte as `mlflow.pyfunc.save_model` writes them. Pure, no mlflow.

Where MLflow writes something of the machine that saves, the agent's own fact is written instead, or nothing. That list
is closed; tests/package/test_contract.py holds every other byte equal:

    MLmodel          model_uuid           random there; here the head of the digest
                     utc_time_created     the moment there; here the epoch: the version's creation time is the registry's
                     model_code_path      the path on the saving machine there, of which loading uses the last part only
                     python_version       the saving Python's patch there; here the agent's Python
                     cloudpickle_version  the saving environment's there; here what the requirements pin, else absent:
                                          nothing of an agent from code is pickled
    conda.yaml       python, pip          as python_version; the saving environment's pip there, here any
    python_env.yaml  python, build_dependencies   likewise
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from agentry.package.interface import AGENT
from agentry.package.requirements import CONSTRAINTS, REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.package.example import Example
    from agentry.package.requirements import Requirements
    from agentry.package.signature import Signature
    from agentry.package.versions import Interface
    from agentry.resources import Resource

MLMODEL = "MLmodel"
CODE = "code"
_EXAMPLE = "input_example.json"
_SERVING_EXAMPLE = "serving_input_example.json"


@dataclass(frozen=True, slots=True)
class Content:
    """All that decides what is in a model directory, read and checked.

    Attributes:
        interface: How MLflow asks the agent.
        python: The agent's Python, for example `3.11`.
        requirements: What is installed.
        agent: The bytes of agent.py.
        code: The other files, by path in the agent's directory.
        model_config: What `ModelConfig` sees.
        resources: What the agent uses, sorted.
        user_scopes: The API scopes of the caller's identity, or None without an auth policy.
        signature: What may be sent and what comes back.
        streamable: Whether MLflow offers `predict_stream`.
        input_example: A request; None where there is none.
        retrievers: What `set_retriever_schema` says in the code.
    """

    interface: Interface
    python: str
    requirements: Requirements
    agent: bytes
    code: Mapping[str, bytes]
    model_config: Mapping[str, Any]
    resources: Sequence[Resource]
    user_scopes: Sequence[str] | None
    signature: Signature
    streamable: bool
    input_example: Example | None
    retrievers: Sequence[Mapping[str, Any]] = ()


def model_files(content: Content, digest: str) -> dict[str, bytes]:
    """Path -> bytes of every file of the model directory."""
    lines = content.requirements.lines
    files = {AGENT: content.agent}
    if example := content.input_example:
        files[_EXAMPLE] = json.dumps(example.data).encode()
        files[_SERVING_EXAMPLE] = json.dumps(example.serving, indent=2).encode()
    # MLflow takes the size before it copies code and writes the rest.
    files[MLMODEL] = _yaml(_mlmodel(content, digest, size=sum(map(len, files.values()))))
    files["conda.yaml"] = _yaml(_conda(content.python, lines))
    files["python_env.yaml"] = _yaml(_python_env(content.python), sort_keys=False)
    files[REQUIREMENTS] = "\n".join(lines).encode()
    if content.requirements.constraints:
        files[CONSTRAINTS] = "\n".join(content.requirements.constraints).encode()
    return files | {f"{CODE}/{path}": data for path, data in content.code.items()}


def resources_yaml(resources: Sequence[Resource]) -> dict[str, Any]:
    """The resources as the MLmodel holds them, by type."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for resource in resources:
        entry: dict[str, Any] = {"name": resource.name}
        if resource.on_behalf_of_user:
            entry["on_behalf_of_user"] = True
        by_type.setdefault(resource.type, []).append(entry)
    return {"databricks": by_type, "api_version": "1"} if by_type else {"api_version": "1"}


def _mlmodel(content: Content, digest: str, size: int) -> dict[str, Any]:
    flavor: dict[str, Any] = {
        "code": CODE if content.code else None,
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        "loader_module": "mlflow.pyfunc.loaders.code_model",
        "model_code_path": AGENT,
        "python_version": content.python,
        "streamable": content.streamable,
    }
    if content.requirements.cloudpickle:
        flavor["cloudpickle_version"] = content.requirements.cloudpickle
    if content.model_config:
        flavor["config"] = dict(content.model_config)
    return {
        "flavors": {"python_function": flavor},
        "is_signature_from_type_hint": content.signature.from_type_hint,
        "mlflow_version": content.requirements.mlflow,
        "model_id": None,
        "model_size_bytes": size,
        "model_uuid": digest[:32],
        "prompts": None,
        "signature": content.signature.mlmodel(),
        "type_hint_from_example": False,
        "utc_time_created": "1970-01-01 00:00:00",
        **_metadata(content),
        **_example(content),
        **_declared(content),
    }


def _metadata(content: Content) -> dict[str, Any]:
    task = {"task": content.interface.task} if content.interface.task else {}
    retrievers = [dict(schema) for schema in content.retrievers]
    metadata = {**task, **({"dependencies_schemas": {"retrievers": retrievers}} if retrievers else {})}
    return {"metadata": metadata} if metadata else {}


def _example(content: Content) -> dict[str, Any]:
    if content.input_example is None:
        return {}
    paths = {"artifact_path": _EXAMPLE, "serving_input_path": _SERVING_EXAMPLE}
    return {"saved_input_example_info": {**paths, **content.input_example.info}}


def _declared(content: Content) -> dict[str, Any]:
    """`resources`, or with scopes of the caller's identity the policy that takes its place: MLflow has one of them."""
    if content.user_scopes is None:
        return {"resources": resources_yaml(content.resources)} if content.resources else {}
    system = {"resources": resources_yaml(content.resources)} if content.resources else {}
    return {
        "auth_policy": {
            "system_auth_policy": system,
            "user_auth_policy": {"api_scopes": list(content.user_scopes)},
        }
    }


def _conda(python: str, lines: Sequence[str]) -> dict[str, Any]:
    return {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": list(lines)}],
    }


def _python_env(python: str) -> dict[str, Any]:
    return {
        "python": python,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": [f"-r {REQUIREMENTS}"],
    }


def _yaml(document: dict[str, Any], *, sort_keys: bool = True) -> bytes:
    return yaml.dump(document, Dumper=_DUMPER, default_flow_style=False, sort_keys=sort_keys).encode()


# MLflow uses the Python emitter. libyaml's writes the same bytes (held by a test) 60 times faster: a lock file with
# hashes takes the other half a second. A PyYAML without libyaml falls back.
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
