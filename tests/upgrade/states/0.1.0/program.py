import pulumi
from pulumi import Output, ResourceOptions, export

from agentry.components import Agent, Endpoint, Experiment, Grant, ModelAlias, ModelVersion, RegisteredModel, ServingEndpoint
from agentry.privileges import Privilege

agent = Agent(
    "weather",
    code="agent",
    model="local.agents.kept",
    model_config={"llm_endpoint": "sandbox-chat"},
    access={"group:analysts": "CAN_QUERY"},
    description="Tells the weather",
    environment_vars={"API_KEY": Output.secret("hunter22")},
)
Grant("schema", privileges=[Privilege("SCHEMA", "local.agents", "USE SCHEMA")], principal="group:analysts")
export("url", agent.url)
