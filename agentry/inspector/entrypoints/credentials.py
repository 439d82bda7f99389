"""With whose credentials a call is made: the endpoint's own, the caller's, or some that the code was given.

A served agent has credentials for what it declares. Where the code gives a token or a client secret of its own to a
client, what that client reaches needs no declaration; where a client has the caller's credentials, the caller does.
"""

from __future__ import annotations

import enum
import re
from functools import cache
from typing import TYPE_CHECKING

from agentry.inspector.entrypoints.clients import matches, undecorated
from agentry.inspector.entrypoints.workspaces import ADDRESSES, calls_named, given
from agentry.inspector.evaluation.values import HOLE, External, Known, Made, Unknown, Value

if TYPE_CHECKING:
    import ast

    from agentry.inspector.evaluation.evaluate import Evaluator


class Credential(enum.Enum):
    """Whose."""

    OWN = "own"
    CALLER = "caller"
    GIVEN = "given"


# Objects that bring their credentials to whatever they are handed to.
_CARRIERS = (
    "databricks.sdk..WorkspaceClient()",
    "databricks.sdk..Config()",
    "databricks_mcp..DatabricksOAuthClientProvider()",
    "databricks_openai..*DatabricksOpenAI()",
    "databricks_langchain..get*_openai_client()",
    "openai..*OpenAI()",
    "openai..*Client()",
    "*..DatabricksFunctionClient()",
    "pydantic_ai..*Provider()",
    "agents..OpenAIProvider()",
    "databricks_ai_bridge..*LakebasePool()",
)
# The caller's, as arguments: databricks_ai_bridge's and the SDK's class, and the constant of the vector search client.
# In an app, the caller's token is among the headers of the request (databricks/app-templates).
_CALLER = re.compile(
    r"ModelServingUserCredentials\(\)$|CredentialStrategy\.MODEL_SERVING_USER_CREDENTIALS$|"
    r"\bget_request_headers\(\)(?:\.get\(\)|\[\])$"
)
_STRATEGIES = ("credentials_strategy", "credential_strategy", "credentials_provider")
# Which arguments are credentials, by what is made. A key for OpenAI's client is always given, and often means nothing.
_SECRETS = (
    ("databricks.sdk..WorkspaceClient", ("token", "client_secret", "azure_client_secret", "password")),
    ("databricks.sdk..Config", ("token", "client_secret", "azure_client_secret", "password")),
    ("databricks.vector_search..VectorSearchClient", ("personal_access_token", "service_principal_client_secret")),
    ("databricks.ai_search..*SearchClient", ("personal_access_token", "service_principal_client_secret")),
    ("databricks.sql..connect", ("access_token",)),
    ("*..DatabricksRM", ("databricks_token", "databricks_client_secret")),
)
_KEYS = ("api_key", "openai_api_key")
_FROM_SECRETS = re.compile(r"\.secrets\.(?:get|getBytes|get_secret)\(\)")
_TOKEN = re.compile(r"dapi[0-9a-f]{8}")  # how a personal access token begins


def credentials(made: Made, evaluator: Evaluator) -> frozenset[Credential]:
    """Whose credentials a call may be made with: those of the object it is on, and of what that was made with."""
    return frozenset(_of(made, evaluator, frozenset()) or {Credential.OWN})


def _of(made: Made, evaluator: Evaluator, seen: frozenset[ast.Call]) -> set[Credential]:
    """The same; empty where it is one of the calls that were `seen` on the way, since an object may hold itself."""
    if made.call in seen:
        return set()
    if _is_given(made, evaluator):
        return {Credential.GIVEN}
    found = _brought(made, evaluator, seen | {made.call})
    if not found and ".UCFunctionToolkit" in made.maker.path:
        # A toolkit without a client has the one that was set for all.
        for _, call in calls_named(evaluator, ("set_uc_function_client",)):
            found |= _brought(call, evaluator, seen | {made.call})
    if found or not made.maker.made:
        return found
    return _of(made.maker.made, evaluator, seen | {made.call})


def _brought(made: Made, evaluator: Evaluator, seen: frozenset[ast.Call]) -> set[Credential]:
    """The credentials that come with what a call is given; an argument that may be nothing leaves it its own."""
    found: set[Credential] = set()
    keywords = [keyword.value for keyword in made.call.keywords if _may_carry(keyword.arg)]
    for argument in (*made.call.args, *keywords):
        each = [_with(value, evaluator, seen) for value in evaluator.values(argument, made.scope, made.frame)]
        if any(each):
            found.update(*(whose or {Credential.OWN} for whose in each))
    return found


def _with(value: Value, evaluator: Evaluator, seen: frozenset[ast.Call]) -> set[Credential]:
    if not isinstance(value, External):
        return set()
    if _CALLER.search(value.path):
        return {Credential.CALLER}
    if value.made and _is_carrier(value.path):
        return _of(value.made, evaluator, seen) or {Credential.OWN}
    return set()


def _may_carry(keyword: str | None) -> bool:
    return keyword in {*_STRATEGIES, *_KEYS, "token", "auth", "config", "pool", "provider"} or "client" in (
        keyword or ""
    )


@cache
def _is_carrier(path: str) -> bool:
    """Whether it is such an object, or a token that was taken from one."""
    whole = undecorated(re.sub(r"\(\)\.config\..*$", "()", path))
    return any(matches(name, whole) for name in _CARRIERS)


def _is_given(made: Made, evaluator: Evaluator) -> bool:
    """Whether it is certain that the code gives a credential of its own to what this call makes."""
    path = undecorated(made.maker.path)
    for name, arguments in _SECRETS:
        if matches(name, path):
            position = 2 if name == "databricks.sql..connect" else None
            return any(_is_certain(made, (argument,), position, evaluator) for argument in arguments)
    if path.startswith("databricks") or given(made, ("http_client",), evaluator):
        return False
    # The others that take a key ask Databricks' own credentials where no address comes with it.
    if not path.startswith(("openai.", "langchain_openai.")) and not given(made, ADDRESSES, evaluator):
        return False
    return _is_certain(made, _KEYS, None, evaluator)


def _is_certain(made: Made, names: tuple[str, ...], position: int | None, evaluator: Evaluator) -> bool:
    values = given(made, names, evaluator) if position is None else evaluator.calls.argument(made, names, position)
    return bool(values) and all(_is_secret(value, key=names == _KEYS) for value in values or ())


def _is_secret(value: Value, *, key: bool) -> bool:
    """Whether a value is surely a credential: out of a secret scope, or a token in plain sight."""
    if isinstance(value, Known):
        written = value.value if isinstance(value.value, str) else ""
        return bool(_TOKEN.match(written)) if key else bool(written) and HOLE not in written
    if isinstance(value, External):
        return bool(_FROM_SECRETS.search(value.path))
    return isinstance(value, Unknown) and value.secret
