"""The kinds of resources, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.provider.kinds.experiment import Experiment
from agentry.provider.kinds.grant import Grant
from agentry.provider.kinds.model_alias import ModelAlias
from agentry.provider.kinds.model_version import ModelVersion
from agentry.provider.kinds.registered_model import RegisteredModel
from agentry.provider.kinds.serving_endpoint import ServingEndpoint

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Kind

KINDS: dict[str, Kind] = {
    kind.token: kind
    for kind in (
        Experiment(),
        RegisteredModel(),
        ModelVersion(),
        ModelAlias(),
        ServingEndpoint(),
        Grant(),
    )
}
"""By type token."""
