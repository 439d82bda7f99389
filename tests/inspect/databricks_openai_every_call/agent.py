"""Databricks' own clients, with every call that takes a model."""
from databricks.sdk import WorkspaceClient
from databricks_openai import AsyncDatabricksOpenAI, DatabricksOpenAI

client = DatabricksOpenAI(workspace_client=WorkspaceClient(), timeout=60)
later = AsyncDatabricksOpenAI(base_url=None)


def ask(text):
    client.chat.completions.create(model="chat", messages=text)  #> serving_endpoint chat
    client.chat.completions.parse(model="parse", messages=text)  #> serving_endpoint parse
    client.chat.completions.stream(model="stream", messages=text)  #> serving_endpoint stream
    client.responses.create(model="apps/travel-agent", input=text)  #> app travel-agent
    client.responses.parse(model="response-parse", input=text)  #> serving_endpoint response-parse
    client.responses.stream(model="response-stream", input=text)  #> serving_endpoint response-stream
    client.completions.create(model="completion", prompt=text)  #> serving_endpoint completion
    return client.embeddings.create(model="embedding", input=text)  #> serving_endpoint embedding


async def ask_later(text):
    await later.chat.completions.create(model="chat-2", messages=text)  #> serving_endpoint chat-2
    await later.chat.completions.parse(model="parse-2", messages=text)  #> serving_endpoint parse-2
    later.chat.completions.stream(model="stream-2", messages=text)  #> serving_endpoint stream-2
    await later.responses.create(model="apps/travel-agent", input=text)  #> app travel-agent
    await later.responses.parse(model="response-parse-2", input=text)  #> serving_endpoint response-parse-2
    later.responses.stream(model="response-stream-2", input=text)  #> serving_endpoint response-stream-2
    await later.completions.create(model="completion-2", prompt=text)  #> serving_endpoint completion-2
    return await later.embeddings.create(model="embedding-2", input=text)  #> serving_endpoint embedding-2


def ask_wrongly(text):
    return client.chat.completions.create(model="main.ai.claude", messages=text)  #? 'main.ai.claude' is the name of a model service
