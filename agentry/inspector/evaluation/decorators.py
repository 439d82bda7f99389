"""What decorators of packages make of a function, by their last names."""

from __future__ import annotations


def is_transparent(path: str) -> bool:
    """Whether what the function returns stays as it is, and only the agent's own code calls it."""
    return _last(path) in _TRANSPARENT


def is_registering(path: str) -> bool:
    """Whether what it returns stays as it is, and something else calls it with what it likes."""
    return _last(path) in _REGISTERING


def _last(path: str) -> str:
    return path.removesuffix("()").rpartition(".")[2]


_TRANSPARENT = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "computed_field", "abstractmethod", "override"}
    | {"overload", "final", "cache", "lru_cache", "cached", "ttl_cache", "cache_resource", "cache_data", "wraps"}
    | {"contextmanager", "asynccontextmanager", "trace", "traceable", "observe", "retry", "on_exception"}
    | {"on_predicate", "deprecated", "no_type_check", "singleton", "register", "field_validator", "validator"}
    | {"model_validator", "root_validator"}
)
_REGISTERING = frozenset(
    {"tool", "function_tool", "tool_plain", "agent_tool", "get", "post", "put", "patch", "delete", "route"}
    | {"websocket", "command", "on_event", "task", "flow", "step", "node", "entrypoint", "resource", "prompt"}
    | {"middleware", "exception_handler", "invoke", "stream", "listener", "hook", "handler"}
)
