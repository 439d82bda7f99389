"""Whose a client is: the workspace's by its address or its target, or somebody else's."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.inspector.entrypoints.clients import matches, undecorated
from agentry.inspector.entrypoints.families.openai import CLIENTS, DATABRICKS
from agentry.inspector.evaluation.values import HOLE, Entries, External, Known, Made, Unknown, Value, why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agentry.inspector.evaluation.evaluate import Evaluator

ADDRESSES = ("base_url", "openai_api_base", "api_base", "api_base_url", "openai_base_url")
DEPTH = 8  # clients made of clients made of clients
_UNKNOWN = "whether the address is the workspace's is known only when it runs"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes: to the workspace, by its AI gateway or not, elsewhere, or it is not known, and why."""

    to: str
    why: str = ""


SERVING = Route("serving")
GATEWAY = Route("gateway")
ELSEWHERE = Route("elsewhere")


def route(client: str, made: Made, evaluator: Evaluator) -> Route:
    """Where a call of a row goes; `client` is what the row says of it."""
    return ROUTES[client](made, evaluator)


def is_elsewhere(value: External, evaluator: Evaluator) -> bool:
    """Whether something was reached by a client of OpenAI or MLflow that is not the workspace's."""
    made = value.made
    while made:
        path = f"{undecorated(made.maker.path)}()"
        if any(matches(name, path) for name in CLIENTS):
            return _address(made, evaluator) == ELSEWHERE
        if path.endswith("get_deploy_client()"):
            return _deployments(made, evaluator) == ELSEWHERE
        made = made.maker.made
    return False


# by the address that a client was made with


def _maker(made: Made) -> Made:
    """The call that made the client that a call is on; the call itself when it makes one."""
    first = made
    while first.maker.made:
        first = first.maker.made
    return first


def _by_address(made: Made, evaluator: Evaluator) -> Route:
    """The newest call of the chain that was given an address, as `with_options(base_url=)` may be."""
    step: Made | None = made
    while step:
        if step is not made and _address_given(step, evaluator) is not None:
            return _address(step, evaluator)
        step = step.maker.made
    return _address(_maker(made), evaluator)


def _address(made: Made, evaluator: Evaluator, depth: int = 0) -> Route:
    """Where an OpenAI client goes: by its base URL, else by the environment's."""
    for value in given(made, ("client", "openai_client", "async_client"), evaluator):
        if isinstance(value, External) and value.made and depth < DEPTH:
            return _of_client(value, evaluator, depth + 1)
    values = _address_given(made, evaluator)
    return _best(_is_workspace(value) for value in values or _from_environment(evaluator))


def _address_given(made: Made, evaluator: Evaluator) -> tuple[Value, ...] | None:
    """The base URL that a call is given, also within `client_args`; None when it is not."""
    values = evaluator.calls.argument(made, ADDRESSES, None)
    if values is None:
        nested = [v for v in given(made, ("client_args", "client_params"), evaluator) if isinstance(v, Entries)]
        values = (nested[0].get("base_url") if nested else None) or ()
    whole: list[Value] = []
    for value in values:
        whole.extend(_from_environment(evaluator) if value == Known(None) else (value,))
    return tuple(whole) or None


def given(made: Made, names: tuple[str, ...], evaluator: Evaluator) -> tuple[Value, ...]:
    """What an argument is, where the call is seen to give it: what `**kwargs` may hold does not count."""
    values = evaluator.calls.argument(made, names, None) or ()
    if any(keyword.arg in names for keyword in made.call.keywords):
        return values
    return tuple(value for value in values if not isinstance(value, Unknown))


def _from_environment(evaluator: Evaluator) -> tuple[Value, ...]:
    """OpenAI's client asks OPENAI_BASE_URL; without it, it is OpenAI's own service."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        value = (evaluator.settings.environment or {}).get(name)
        if value:
            return (Known(value),)
        coded = evaluator.settings.coded(name)
        if coded:
            return coded
    return ()


def _best(routes: Iterable[Route]) -> Route:
    """The route that says the most: what may be the workspace's is."""
    found = list(routes)
    for known in (SERVING, GATEWAY):
        if known in found:
            return known
    return next((each for each in found if each.why), ELSEWHERE)


def _is_workspace(value: Value) -> Route:
    if not isinstance(value, Known):
        return Route("unknown", f"{_UNKNOWN}: {why(value)}")
    address = str(value.value)
    if "/serving-endpoints" in address:
        return SERVING
    if re.search(r"/ai-gateway(?:/|$)|\.ai-gateway\.[^/]*databricks", address):
        return GATEWAY
    if address.startswith(HOLE) or address.endswith(HOLE):
        return Route("unknown", f"{_UNKNOWN}: {value.why}")
    return ELSEWHERE


# by other things that a row asks for


def _databricks(made: Made, evaluator: Evaluator) -> Route:
    """Databricks' own classes, which ask the AI gateway or another address when they are told to."""
    maker = _maker(made)
    for flag in ("use_ai_gateway", "use_ai_gateway_native_api"):
        values = given(maker, (flag,), evaluator)
        if any(isinstance(value, Known) and value.value is True for value in values):
            return GATEWAY
        if any(not isinstance(value, Known) for value in values):
            return Route("unknown", "whether it goes by the AI gateway is known only when it runs")
    addresses = [value for value in given(maker, ("base_url",), evaluator) if value != Known(None)]
    return _best(_is_workspace(value) for value in addresses) if addresses else SERVING


def _of_client(value: External, evaluator: Evaluator, depth: int = 0) -> Route:
    """Where a client goes that was handed over."""
    assert value.made
    path = undecorated(value.path)
    if any(matches(name, path) for name in (*DATABRICKS, "databricks_langchain..get*_openai_client()")):
        return _databricks(value.made, evaluator)
    if path.endswith("get_open_ai_client()"):
        return SERVING
    has_address = _address_given(value.made, evaluator) is not None
    return _address(value.made if has_address else _maker(value.made), evaluator, depth)


def _provider(made: Made, evaluator: Evaluator) -> Route:
    """Pydantic AI: the argument `provider` holds the address or the client."""
    values = given(made, ("provider",), evaluator)
    if not values:
        return _best(_is_workspace(value) for value in _from_environment(evaluator))
    return _best(_of_client(value, evaluator) for value in values if isinstance(value, External) and value.made)


def _openai_client(made: Made, evaluator: Evaluator) -> Route:
    """The Agents SDK: the argument `openai_client` is the client, the second one."""
    values = evaluator.calls.argument(made, ("openai_client",), 1) or ()
    routes = [_of_client(v, evaluator) for v in values if isinstance(v, External) and v.made]
    return _best(routes) if routes else Route("unknown", "which client it asks is known only when it runs")


def _default(_made: Made, evaluator: Evaluator) -> Route:
    """Where the Agents SDK goes by default: to the client that it was given for all, or for a run."""
    routes = [_best(_is_workspace(value) for value in _from_environment(evaluator))]
    for path, call in calls_named(evaluator, ("set_default_openai_client", "OpenAIProvider", "MultiProvider")):
        if path.startswith("agents."):
            handed = (
                *call.call.args[:1],
                *(k.value for k in call.call.keywords if k.arg in {"client", "openai_client"}),
            )
            values = [value for argument in handed for value in evaluator.values(argument, call.scope)]
            routes.extend(_of_client(v, evaluator) for v in values if isinstance(v, External) and v.made)
            if not handed:
                routes.append(_address(call, evaluator))
    return _best(routes)


def calls_named(evaluator: Evaluator, named: tuple[str, ...]) -> Iterable[tuple[str, Made]]:
    """Every call of the agent's code of something by one of these last names."""
    for module in evaluator.modules.values():
        for site in module.calls:
            assert isinstance(site.node, ast.Call)
            func = site.node.func
            last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            for callee in evaluator.values(func, site.scope) if last in named else ():
                if isinstance(callee, External):
                    yield callee.path, Made(site.node, site.scope, None, callee)


def _module(_made: Made, evaluator: Evaluator) -> Route:
    """`openai` itself as the client: what the code assigns to `openai.base_url`, else the environment."""
    found: list[Value] = []
    for module in evaluator.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                target = node.targets[0]
                if target.attr in ADDRESSES and isinstance(target.value, ast.Name) and target.value.id == "openai":
                    found.extend(evaluator.values(node.value, module.scope))
    return _best(_is_workspace(value) for value in found or _from_environment(evaluator))


def _deployments(made: Made, evaluator: Evaluator) -> Route:
    """MLflow's deployments client: by its target, which may be set for all of them."""
    maker = _maker(made)
    targets = evaluator.calls.argument(maker, ("target_uri",), 0)
    if not targets:
        targets = tuple(
            value
            for _, call in calls_named(evaluator, ("set_deployments_target",))
            for value in evaluator.calls.argument(call, ("target",), 0) or ()
        ) or tuple(Known(v) for v in [(evaluator.settings.environment or {}).get("MLFLOW_DEPLOYMENTS_TARGET")] if v)
    return _target(targets)


def _target(targets: tuple[Value, ...]) -> Route:
    if not targets:
        return Route("unknown", "the target of the deployments client is not given")
    for target in targets:
        if not isinstance(target, Known) or HOLE in str(target.value):
            return Route("unknown", f"the target of the deployments client is known only when it runs: {why(target)}")
    return (
        SERVING
        if any(str(target.value).startswith("databricks") for target in targets if isinstance(target, Known))
        else ELSEWHERE
    )


def _by_target(made: Made, evaluator: Evaluator) -> Route:
    """LangChain's classes of MLflow's gateway."""
    return _target(given(made, ("target_uri",), evaluator))


def _named_provider(made: Made, evaluator: Evaluator) -> Route:
    """`init_chat_model(..., model_provider=)`."""
    values = given(made, ("model_provider", "provider"), evaluator)
    return SERVING if Known("databricks") in values else ELSEWHERE


def _functions(made: Made, evaluator: Evaluator) -> Route:
    """A toolkit of functions, unless its client is of a Unity Catalog server of one's own."""
    values = given(made, ("client",), evaluator)
    own = [v for v in values if isinstance(v, External) and v.path.endswith("UnitycatalogFunctionClient()")]
    return ELSEWHERE if own and len(own) == len(values) else SERVING


def _artifact(made: Made, _evaluator: Evaluator) -> Route:
    """Something that is loaded, unless it is a file that was logged with the agent: `context.artifacts[...]`."""
    given = [*made.call.args[:1], *(keyword.value for keyword in made.call.keywords if keyword.arg == "model_uri")]
    return ELSEWHERE if any(".artifacts" in ast.unparse(argument) for argument in given) else SERVING


def _all(_made: Made, _evaluator: Evaluator) -> Route:
    return SERVING


ROUTES: dict[str, Callable[[Made, Evaluator], Route]] = {
    "": _all,
    "artifact": _artifact,
    "default": _default,
    "deployments": _deployments,
    "functions": _functions,
    "gateway": _databricks,
    "module": _module,
    "named_provider": _named_provider,
    "openai": _by_address,
    "openai_client": _openai_client,
    "provider": _provider,
    "target": _by_target,
}
