"""A writer that asks many models at once by the asynchronous client, made in a function of its own."""
import asyncio

from databricks.sdk import WorkspaceClient
from openai import AsyncOpenAI


def make_client():
    w = WorkspaceClient()
    return AsyncOpenAI(api_key=w.config.token, base_url=f"{w.config.host}/serving-endpoints")


async def draft(client: AsyncOpenAI, text):
    one = await client.chat.completions.create(model="draft-a", messages=text)  #> serving_endpoint draft-a
    two = await client.responses.create(model="draft-b", input=text)  #> serving_endpoint draft-b
    three = await client.completions.create(model="draft-c", prompt=text)  #> serving_endpoint draft-c
    return one, two, three


async def check(text):
    client = make_client()
    facts = await client.chat.completions.parse(model="facts", messages=text)  #> serving_endpoint facts
    await client.beta.chat.completions.parse(model="facts-beta", messages=text)  #> serving_endpoint facts-beta
    async with client.beta.chat.completions.stream(model="beta-stream", messages=text) as stream:  #> serving_endpoint beta-stream
        async for _ in stream:
            pass
    async with client.chat.completions.stream(model="chat-stream", messages=text) as stream:  #> serving_endpoint chat-stream
        await stream.get_final_completion()
    async with client.responses.stream(model="answer-stream", input=text) as stream:  #> serving_endpoint answer-stream
        await stream.get_final_response()
    await client.responses.parse(model="answer-parsed", input=text)  #> serving_endpoint answer-parsed
    vectors = await client.embeddings.create(model="vectors", input=text)  #> serving_endpoint vectors
    return facts, vectors


def write(text):
    return asyncio.run(draft(make_client(), text))
