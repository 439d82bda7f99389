"""The words of a program: Agent, and the resource classes it is made of."""

from agentry.privileges import Privilege
from agentry.resources import Resource
from components.agent import Agent
from components.endpoint import Endpoint
from components.experiment import Experiment
from components.grant import Grant
from components.model_alias import ModelAlias
from components.model_version import ModelVersion
from components.registered_model import RegisteredModel
from components.serving_endpoint import ServingEndpoint

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
