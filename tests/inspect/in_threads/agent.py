"""Calls that are handed to threads and pools with their arguments."""
import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks
from databricks_openai import DatabricksOpenAI

w = WorkspaceClient()
client = DatabricksOpenAI()
pool = ThreadPoolExecutor()


async def ask(text):
    first = asyncio.to_thread(client.chat.completions.create, model="threaded", messages=text)  #> serving_endpoint threaded
    second = asyncio.get_running_loop().run_in_executor(None, partial(w.serving_endpoints.query, "partly"))  #> serving_endpoint partly
    third = pool.submit(w.serving_endpoints.query, "pooled", inputs=[text])  #> serving_endpoint pooled
    return await first, await second, third.result()


later = [pool.submit(ChatDatabricks(model="made").invoke, text) for text in "ab"]  #> serving_endpoint made
