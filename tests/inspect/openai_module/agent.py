"""The module itself as the client, as it is today and as it was before openai 1.0."""
import os

import openai

openai.api_key = os.environ["DATABRICKS_TOKEN"]
openai.base_url = os.environ["DATABRICKS_HOST"] + "/serving-endpoints/"


def today(text):
    openai.responses.create(model="responds", input=text)  #> serving_endpoint responds
    openai.embeddings.create(model="embeds", input=text)  #> serving_endpoint embeds
    return openai.chat.completions.create(model="chats", messages=text)  #> serving_endpoint chats


def before(text):
    openai.Embedding.create(engine="embedded", input=text)  #> serving_endpoint embedded
    return openai.ChatCompletion.create(model="chatted", messages=text)  #> serving_endpoint chatted
