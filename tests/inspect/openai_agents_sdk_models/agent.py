"""A team of OpenAI's Agents SDK whose models each say which client they ask."""
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner
from agents.extensions.models.litellm_model import LitellmModel
from databricks.sdk import WorkspaceClient
from databricks_openai import AsyncDatabricksOpenAI

w = WorkspaceClient()
triage = Agent(
    name="triage",
    model=OpenAIChatCompletionsModel(model="triage-llm", openai_client=AsyncDatabricksOpenAI()),  #> serving_endpoint triage-llm
)
planner = Agent(name="planner", model=OpenAIResponsesModel("planner-llm", AsyncDatabricksOpenAI()))  #> serving_endpoint planner-llm
writer = Agent(name="writer", model=LitellmModel(model="databricks/writer-llm"))  #> serving_endpoint writer-llm
editor = Agent(name="editor", model="litellm/databricks/editor-llm")  #> serving_endpoint editor-llm
searcher = Agent(name="searcher", model="gpt-5-mini")


async def main(text):
    return await Runner.run(triage, text, run_config=RunConfig(workflow_name="team"))
