"""OpenAI's client, pointed at the workspace in several ways."""
import os

import openai
from databricks.sdk import WorkspaceClient
from databricks_openai import AsyncDatabricksOpenAI, DatabricksOpenAI
from openai import AsyncOpenAI, OpenAI

w = WorkspaceClient()
sdk = w.serving_endpoints.get_open_ai_client()
sdk.chat.completions.create(model="from-sdk", messages=[])  #> serving_endpoint from-sdk

host = OpenAI(api_key=w.config.token, base_url=f"{w.config.host}/serving-endpoints")
host.chat.completions.create(model="from-host", messages=[])  #> serving_endpoint from-host
host.with_options(timeout=3).responses.create(model="with-options", input="x")  #> serving_endpoint with-options
host.embeddings.with_raw_response.create(model="embeds", input="x")  #> serving_endpoint embeds
host.models.list()  #? does not know

hosted = openai.OpenAI(base_url=os.environ["DATABRICKS_HOST"] + "/serving-endpoints", api_key="x")
hosted.beta.chat.completions.parse(model="parsed")  #> serving_endpoint parsed

DatabricksOpenAI().chat.completions.create(model="own-client")  #> serving_endpoint own-client
DatabricksOpenAI().responses.create(model="apps/helper", input=[])  #> app helper


async def ask():
    client = AsyncDatabricksOpenAI()
    async with AsyncOpenAI(base_url=f"{w.config.host}/serving-endpoints") as other:
        await other.chat.completions.create(model="async-one")  #> serving_endpoint async-one
    return await client.chat.completions.create(model="async-two")  #> serving_endpoint async-two
