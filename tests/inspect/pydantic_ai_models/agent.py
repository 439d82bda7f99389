"""Pydantic AI, with the workspace behind its provider for OpenAI."""
from databricks.sdk import WorkspaceClient
from databricks_openai import AsyncDatabricksOpenAI
from pydantic_ai import Agent, Embedder
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

w = WorkspaceClient()
provider = OpenAIProvider(base_url=f"{w.config.host}/serving-endpoints", api_key=w.config.token)
agent = Agent(OpenAIChatModel("chat", provider=provider), instructions="Be brief.")  #> serving_endpoint chat
older = Agent(OpenAIModel("older", provider=provider))  #> serving_endpoint older
by_client = OpenAIResponsesModel("by-client", provider=OpenAIProvider(openai_client=AsyncDatabricksOpenAI()))  #> serving_endpoint by-client
embedder = Embedder(OpenAIEmbeddingModel("embeds", provider=provider))  #> serving_endpoint embeds
openai = Agent(OpenAIChatModel("gpt-5"))
named = Agent(OpenAIChatModel("gpt-5", provider="openai"))
other = Agent("anthropic:claude-sonnet")


@agent.tool_plain
def today() -> str:
    return "Monday"
