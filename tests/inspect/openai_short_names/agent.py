"""The client under its other names, Client and AsyncClient, and with options on the way."""
import openai
from databricks.sdk import WorkspaceClient

HOST = WorkspaceClient().config.host
URL = HOST + "/serving-endpoints"
client = openai.Client(base_url=URL, api_key="unused")
later = openai.AsyncClient(base_url=URL, api_key="unused")
elsewhere = openai.Client(api_key="sk-1")


def answer(text):
    client.embeddings.create(model="embeds", input=text)  #> serving_endpoint embeds
    client.responses.create(model="responds", input=text)  #> serving_endpoint responds
    elsewhere.chat.completions.create(model="gpt-5", messages=text)
    moved = elsewhere.with_options(base_url=URL)
    moved.chat.completions.create(model="moved", messages=text)  #> serving_endpoint moved
    raw = client.with_options(max_retries=5).chat.completions.with_raw_response.create(model="raw", messages=text)  #> serving_endpoint raw
    return raw.parse(), client.chat.completions.create(model="chat", messages=text)  #> serving_endpoint chat


async def answer_later(text):
    await later.embeddings.create(model="embeds-later", input=text)  #> serving_endpoint embeds-later
    await later.responses.create(model="responds-later", input=text)  #> serving_endpoint responds-later
    return await later.chat.completions.create(model="chat-later", messages=text)  #> serving_endpoint chat-later
