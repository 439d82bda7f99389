"""The OpenAI Agents SDK with the workspace's client as its default."""
from agents import Agent, set_default_openai_client
from databricks_openai import AsyncDatabricksOpenAI

set_default_openai_client(AsyncDatabricksOpenAI())
Agent(name="helper", model="chat")  #> serving_endpoint chat
