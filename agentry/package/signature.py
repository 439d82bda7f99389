"""The signature of a model: what may be sent, what comes back, which parameters there are. Pure.

A program gives one in the form of an MLmodel file, and of `ModelSignature.to_dict()`: inputs, outputs and params, each
the JSON that MLflow writes or the list in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError
from agentry.model_config import plain
from agentry.package.schema import listed_params, read_schema
from agentry.package.values import param_default

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXAMPLE = '{"inputs": [{"name": "amount", "type": "double"}], "outputs": [{"type": "double"}]}'


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, in the form that MLflow writes.

    Attributes:
        inputs: Columns or tensors.
        outputs: Likewise.
        params: Parameters; empty for none.
        from_type_hint: Whether the model's type hints say it: MLflow validates requests by these then.
    """

    inputs: Sequence[dict[str, Any]]
    outputs: Sequence[dict[str, Any]]
    params: Sequence[dict[str, Any]] = ()
    from_type_hint: bool = False

    def mlmodel(self) -> dict[str, str | None]:
        """As the MLmodel holds it: JSON in YAML."""
        params = json.dumps(list(self.params)) if self.params else None
        return {"inputs": json.dumps(list(self.inputs)), "outputs": json.dumps(list(self.outputs)), "params": params}


def read_signature(given: Mapping[str, Any], where: str) -> Signature:
    """The signature that a program gives.

    Args:
        given: `{"inputs": ..., "outputs": ..., "params": ...}`.
        where: What it is of, for errors: `signature of agents/churn`.

    Raises:
        AgentCodeError: Something in it that can not be.
    """
    unknown = sorted(set(given) - {"inputs", "outputs", "params"})
    if unknown:
        raise AgentCodeError(
            f"a signature has no {unknown[0]!r}", where=where, why="it has inputs, outputs and params", fix=EXAMPLE
        )
    for part in ("inputs", "outputs"):
        if given.get(part) is None:
            raise AgentCodeError(
                f"the signature has no {part}",
                where=where,
                why="Unity Catalog takes a model only with inputs and outputs",
                fix=EXAMPLE,
            )
    plain_given = plain(dict(given), where)
    inputs, outputs = (read_schema(plain_given[part], f"{where}: {part}") for part in ("inputs", "outputs"))
    params = listed_params(plain_given.get("params") or [], f"{where}: params")
    for number, param in enumerate(params):
        param["default"] = param_default(param, f"{where}: params[{number}].default")
    return Signature(inputs, outputs, params)
