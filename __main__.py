"""Every agent of this repository: what it is, what it is called, who may ask it."""

import pulumi

from components import Agent

config = pulumi.Config()
models = f"{config.require('catalog')}.{config.require('schema')}"

weather = Agent(
    "weather",
    code="agents/weather",
    model=f"{models}.weather",
    model_config={"llm_endpoint": config.require("llm_endpoint")},
    access={"group:analysts": "CAN_QUERY"},
    description="Tells the weather in nyc and sf",
)

pulumi.export("weather", weather.url)
