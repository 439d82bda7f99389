"""The words of a program: Agent, and the resource classes it is made of."""

from agentry.components.agent import Agent
from agentry.components.endpoint import Endpoint
from agentry.components.experiment import Experiment
from agentry.components.grant import Grant
from agentry.components.model_alias import ModelAlias
from agentry.components.model_version import ModelVersion
from agentry.components.registered_model import RegisteredModel
from agentry.components.serving_endpoint import ServingEndpoint
from agentry.privileges import Privilege
from agentry.resources import Resource

__all__ = [
    "Agent",
    "Endpoint",
    "Experiment",
    "Grant",
    "ModelAlias",
    "ModelVersion",
    "Privilege",
    "RegisteredModel",
    "Resource",
    "ServingEndpoint",
]
