"""Whose a client is: the workspace's by its address, somebody else's, or the caller's by its credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.inspector.entrypoints.clients import pattern, undecorated
from agentry.inspector.entrypoints.table import OPENAI
from agentry.inspector.evaluation.values import HOLE, External, Known, Made, Value, why

if TYPE_CHECKING:
    from agentry.inspector.evaluation.evaluate import Evaluator

_BASE = ("base_url", "openai_api_base", "api_base")
_UNKNOWN = "whether the address is the workspace's is known only when it runs"


def is_meant(client: str, made: Made, evaluator: Evaluator) -> bool | str:
    """Whether a call of a row is one of the clients that the row is about.

    Returns:
        True; an empty string when it is about something outside of the workspace; else why it can not be decided.
    """
    if client == "openai":
        return _address(_maker(made), evaluator)
    if client == "provider":
        provider = evaluator.calls.argument(made, ("provider",), None)
        makers = [value.made for value in provider or () if isinstance(value, External) and value.made]
        return _address(makers[0], evaluator) if makers else ""
    if client == "deployments":
        target = evaluator.calls.argument(_maker(made), ("target_uri",), 0)
        return _is_databricks(target[0]) if target else "the target of the deployments client is not given"
    if client == "default":
        return True if _default_is_databricks(evaluator) else ""
    return True


def is_elsewhere(value: External, evaluator: Evaluator) -> bool:
    """Whether something was reached by a client of OpenAI that is not the workspace's."""
    made = value.made
    while made:
        if _is_openai(made):
            return _address(made, evaluator) == ""
        made = made.maker.made
    return False


def is_on_behalf_of_user(made: Made, evaluator: Evaluator) -> bool:
    """Whether the client has the caller's credentials instead of the endpoint's own."""
    for name in ("workspace_client", "client"):
        for value in evaluator.calls.argument(made, (name,), None) or ():
            if isinstance(value, External) and value.made and is_on_behalf_of_user(value.made, evaluator):
                return True
    for value in evaluator.calls.argument(made, ("credentials_strategy", "credential_strategy"), None) or ():
        if isinstance(value, External) and value.path.endswith("ModelServingUserCredentials()"):
            return True
    return bool(made.maker.made) and is_on_behalf_of_user(made.maker.made, evaluator)  # type: ignore[arg-type]


def _is_openai(made: Made) -> bool:
    path = f"{undecorated(made.maker.path)}()"
    return any(pattern(name).fullmatch(path) for name in OPENAI)


def _maker(made: Made) -> Made:
    """The call that made the client that a call is on; the call itself when it makes one."""
    newest: Made | None = made.maker.made
    while newest and newest.maker.made:
        newest = newest.maker.made
    return newest or made


def _address(made: Made, evaluator: Evaluator) -> bool | str:
    """Whether the base URL that an OpenAI client was made with is the workspace's."""
    values = evaluator.calls.argument(made, _BASE, None)
    if values is None or values == (Known(None),):
        values = _from_environment(evaluator)
    answers = [_is_workspace(value) for value in values]
    if True in answers:
        return True
    return next((answer for answer in answers if answer), "")


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


def _is_workspace(value: Value) -> bool | str:
    if not isinstance(value, Known):
        return f"{_UNKNOWN}: {why(value)}"
    address = str(value.value)
    if "/serving-endpoints" in address:
        return True
    if "/ai-gateway" in address:
        return "which models an AI gateway leads to is not known here"
    return f"{_UNKNOWN}: {value.why}" if address.endswith(HOLE) else ""


def _is_databricks(target: Value) -> bool | str:
    if isinstance(target, Known) and HOLE not in str(target.value):
        return True if str(target.value).startswith("databricks") else ""
    return f"the target of the deployments client is known only when it runs: {why(target)}"


def _default_is_databricks(evaluator: Evaluator) -> bool:
    """Whether `agents.set_default_openai_client` is given a client of the workspace."""
    return any(
        isinstance(value, External) and ("Databricks" in value.path or "get_open_ai_client" in value.path)
        for module in evaluator.modules.values()
        for site in module.calls
        if any(
            isinstance(callee, External) and callee.path.endswith("set_default_openai_client")
            for callee in evaluator.values(site.node.func, site.scope)  # type: ignore[attr-defined]
        )
        for argument in site.node.args  # type: ignore[attr-defined]
        for value in evaluator.values(argument, site.scope)
    )
