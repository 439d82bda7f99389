"""How an agent is asked: its signature, and the example of a request. Decided from interface, program and code; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError
from agentry.model_config import plain
from agentry.package.example import Example, plain_example, read_example
from agentry.package.search import Search
from agentry.package.signature import EXAMPLE, Signature, read_signature
from agentry.package.type_hints import hinted_signature
from agentry.package.values import fit, param_value, refuse_others
from agentry.package.versions import INTERFACES

if TYPE_CHECKING:
    from agentry.package.search import Definition
    from agentry.package.versions import Interface
    from agentry.source import Source

# The order of fields in mlflow/types/llm.py: MLflow writes messages through these classes.
_MESSAGE = ("role", "content", "refusal", "name", "tool_calls", "tool_call_id")
_TOOL_CALL = ("function", "id", "type")
_FUNCTION = ("name", "arguments")


def asked(
    definition: Definition,
    signature: Mapping[str, Any] | None,
    example: Mapping[str, Any] | None,
    source: Source,
) -> tuple[Signature, Example | None]:
    """The signature and the input example of an agent.

    Args:
        definition: What defines it.
        signature: What the program gives; None for MLflow's own, or that of the type hints.
        example: A request that the program gives; None for MLflow's own, of a PythonModel for none.
        source: Its directory.

    Raises:
        AgentCodeError: What can not be, or does not fit.
    """
    interface = INTERFACES[definition.interface]
    of_signature, of_example = f"signature of {source.shown}", f"input_example of {source.shown}"
    given: dict[str, Any] | None = None if example is None else plain(_mapping(example, of_example), of_example)
    if interface.signature is None:
        declared = None if signature is None else read_signature(_mapping(signature, of_signature), of_signature)
        return _python_model(definition, declared, given, source, (of_signature, of_example))
    if signature is not None:
        raise AgentCodeError(
            f"a {interface.name} can not be given a signature",
            where=of_signature,
            why="MLflow gives each its own, by which Databricks' tools know what they may send",
            fix="leave signature out",
        )
    if given is None:
        return interface.signature, plain_example(interface.example)
    if not _are_messages(given.get(interface.messages)):
        raise AgentCodeError(
            f"a request to a {interface.name} has {interface.messages}, a list of messages",
            where=of_example,
            fix=json.dumps(interface.example),
        )
    if interface.name == "ChatModel":
        given = _chat_request(given, interface, of_example)
    return interface.signature, plain_example(given)


def _mapping(given: Any, at: str) -> dict[str, Any]:
    """It, from a program in another language than Python maybe."""
    if not isinstance(given, Mapping):
        raise AgentCodeError(
            "this is no mapping", where=at, fix=EXAMPLE if at.startswith("signature") else '{"inputs": [...]}'
        )
    return dict(given)


def _are_messages(messages: Any) -> bool:
    return isinstance(messages, list) and bool(messages) and all(isinstance(message, dict) for message in messages)


def _chat_request(given: dict[str, Any], interface: Interface, at: str) -> dict[str, Any]:
    """A request to a ChatModel as MLflow writes it: without nulls, and with messages first.

    MLflow drops what its classes do not know; here it is refused.
    """
    assert interface.signature is not None
    columns = {column["name"]: column for column in interface.signature.inputs}
    refuse_others(set(given), {name: column["required"] for name, column in columns.items()}, at)
    request = {name: fit(columns[name], value, f"{at}: {name}") for name, value in given.items()}
    messages = [_message(message, f"{at}: messages[{n}]") for n, message in enumerate(request.pop("messages"))]
    return {"messages": messages, **request}


def _message(message: dict[str, Any], at: str) -> dict[str, Any]:
    if not message.get("content") and not message.get("tool_calls") and not message.get("refusal"):
        raise AgentCodeError("a message has content", where=at, fix='{"role": "user", "content": "Hello!"}')
    calls = [
        {key: _ordered(call[key], _FUNCTION) if key == "function" else call[key] for key in _TOOL_CALL}
        for call in message.get("tool_calls") or ()
    ]
    return _ordered({**message, "tool_calls": calls or None}, _MESSAGE)


def _ordered(value: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    return {key: value[key] for key in order if value.get(key) is not None}


def _python_model(
    definition: Definition,
    declared: Signature | None,
    given: dict[str, Any] | None,
    source: Source,
    places: tuple[str, str],
) -> tuple[Signature, Example | None]:
    of_signature, of_example = places
    hinted = hinted_signature(definition, Search(source))
    signature = declared if hinted is None else _by_hints(hinted, declared, given, places)
    if signature is None:
        raise AgentCodeError(
            "a PythonModel needs a signature",
            where=of_signature,
            why="Unity Catalog takes a model only with inputs and outputs, and predict has no type hint that says them",
            fix=f"signature={EXAMPLE}",
        )
    return signature, None if given is None else read_example(given, signature, of_example)


def _by_hints(
    hinted: Signature, declared: Signature | None, given: dict[str, Any] | None, places: tuple[str, str]
) -> Signature:
    """The signature of the type hints, with the parameters of the example: MLflow takes no other beside a hint."""
    params = (given or {}).get("params")
    if params:
        known = {param["name"]: param for param in declared.params} if declared else {}
        specs = [_inferred(name, value, known.get(name), places[1]) for name, value in params.items()]
        hinted = Signature(hinted.inputs, hinted.outputs, specs, from_type_hint=True)
    if declared is not None and declared.mlmodel() != hinted.mlmodel():
        raise AgentCodeError(
            "it is not the signature of predict's type hints",
            where=places[0],
            why="MLflow takes inputs and outputs from the hints and params from the input example, whatever is given: "
            + json.dumps({key: json.loads(text) for key, text in hinted.mlmodel().items() if text}),
            fix="leave signature out, or take the type hint of the input out of predict",
        )
    return hinted


def _inferred(name: str, value: Any, known: dict[str, Any] | None, at: str) -> dict[str, Any]:
    """The parameter that MLflow makes of one of an example (mlflow/types/utils.py, `_infer_param_schema`)."""
    first = value[0] if isinstance(value, list) and value else value
    kinds = {bool: "boolean", int: "long", float: "double", str: "string"}
    kind = known["type"] if known else kinds.get(type(first))
    if kind not in kinds.values():
        raise AgentCodeError(
            f"which type this parameter has can not be seen: {value!r}",
            where=f"{at}: params.{name}",
            why="beside a type hint of predict, MLflow takes a parameter's type from the input example",
            fix="a number, a text, true or false, or a list of these",
        )
    spec = {"name": name, "default": None, "shape": [-1] if isinstance(value, list) else None, "type": kind}
    return {**spec, "default": param_value(spec, value, f"{at}: params.{name}")}
