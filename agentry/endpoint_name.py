"""The name that an agent's endpoint has when nobody says another. Pure."""

from __future__ import annotations


def default_name(model: str) -> str:
    """`agents_` and the model's name cut to 56 characters, as `agents.deploy()` forms it (databricks-agents 1.13.0).

    The name is cut before its dots become dashes, and what is left hanging at the end is taken off.
    """
    return f"agents_{model[:56].replace('.', '-')}".rstrip("_-")
