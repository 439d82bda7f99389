"""The Agents SDK with the workspace as the provider of a run, and a team made of one agent."""
from agents import Agent, OpenAIProvider, RunConfig, Runner
from databricks_openai import AsyncDatabricksOpenAI

provider = OpenAIProvider(openai_client=AsyncDatabricksOpenAI(), use_responses=False)
base = Agent(name="base", model="base-llm", instructions="Answer.")  #> serving_endpoint base-llm
critic = base.clone(name="critic", model="critic-llm")  #> serving_endpoint critic-llm
config = RunConfig(model="run-llm", model_provider=provider)  #> serving_endpoint run-llm


async def main(text):
    return await Runner.run(base, text, run_config=config)
