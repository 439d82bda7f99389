"""What the argument of an entry point says: a name, a model with a prefix, a tool's name.

A reader is given a text in which unknown parts are holes, and returns what it names as (type, name) pairs; None where
the text is about something that is not of a Databricks workspace. Addresses are read in addresses.py, SQL in
statements.py.
"""

from __future__ import annotations

from collections.abc import Callable

from agentry.inspector.evaluation.values import HOLE

Named = list[tuple[str, str]]
Reader = Callable[[str], Named | None]


class Unreadable(Exception):
    """The text is understood, and can not be decided.

    Args:
        why: Why not.
        found: What it names all the same.
    """

    def __init__(self, why: str, found: Named | None = None) -> None:
        super().__init__(why)
        self.found = found or []


def nothing(_text: str) -> None:
    """The text names nothing that is of concern."""
    return


def names(type: str) -> Reader:
    """The text is the name."""
    return lambda text: _named(type, text)


def _named(type: str, text: str) -> Named:
    if text.endswith("*"):
        raise Unreadable(f"{text!r} names whatever is there when it runs")
    return [(type, text)]


def endpoint(text: str) -> Named:
    """A serving endpoint; its name has no dots, so one of three levels is a model service's."""
    if text.count(".") == 2:
        raise Unreadable(f"{text!r} is the name of a model service, which is reached by the AI gateway")
    return [("serving_endpoint", text)]


def gateway(text: str) -> Named:
    """`model=` where the AI gateway is asked: a model service in Unity Catalog (docs: ai-gateway, query model services).

    A short name stands for one of the services of `system.ai`, which one the documents say in two ways.
    """
    if text.count(".") == 2:
        return [("uc_model_service", text)]
    if HOLE in text:
        raise Unreadable("which model service it is is known only when it runs")
    raise Unreadable(f"which model service the AI gateway takes {text!r} for is not known here: write its full name")


def tool_names(text: str) -> Named:
    """Functions as tools name them: `catalog__schema__name` stands for `catalog.schema.name`."""
    return _named("function", text if "." in text else text.replace("__", "."))


def model(text: str) -> Named:
    """`model=` of an OpenAI client of the workspace: an endpoint, or `apps/<name>`."""
    if text.startswith("apps/"):
        return [("app", text.removeprefix("apps/"))]
    return endpoint(text)


def agent_model(text: str) -> Named | None:
    """`model=` of OpenAI's Agents SDK, which has prefixes for other ways than the default client."""
    prefix, _, rest = text.partition("/")
    if prefix in {"litellm", "any-llm"} and rest:
        return None
    return model(rest if prefix == "openai" and rest else text)


def prefixed(*prefixes: str) -> Reader:
    """`databricks/<endpoint>`, as libraries that know many providers write it; other prefixes are other providers."""

    def read(text: str) -> Named | None:
        for prefix in prefixes:
            if text.startswith(prefix):
                return endpoint(text.removeprefix(prefix))
        if text.startswith(HOLE):
            raise Unreadable("whether it is a model of the workspace is known only when it runs")
        return None

    return read


def registered(text: str) -> Named | None:
    """What is loaded from the registry or from a run, for which there is no resource type; a local path is none."""
    if text.startswith(("models:/", "runs:/", "dbfs:/", "prompts:/")):
        raise Unreadable(UNDECLARABLE)
    if text.startswith(HOLE):
        raise Unreadable(f"{UNDECLARABLE}, where it is not a file of the agent's own")
    return None


UNDECLARABLE = "not declarable: MLflow has no resource type for what is read from a registry or a feature store"
