"""A support desk that keeps OpenAI's client on itself, with the workspace as its address."""
import os

import mlflow
from openai import OpenAI

MODEL = "databricks-claude-sonnet"


class SupportDesk(mlflow.pyfunc.PythonModel):
    def __init__(self):
        self.client = OpenAI(
            api_key=os.environ.get("DATABRICKS_TOKEN"),
            base_url=f"{os.environ['DATABRICKS_HOST']}/serving-endpoints",
        )

    def answer(self, question):
        reply = self.client.chat.completions.create(model=MODEL, messages=[question])  #> serving_endpoint databricks-claude-sonnet
        return reply.choices[0].message.content

    def ticket(self, text, schema):
        parsed = self.client.chat.completions.parse(model="extractor", messages=text, response_format=schema)  #> serving_endpoint extractor
        old = self.client.beta.chat.completions.parse(model="extractor-beta", messages=text)  #> serving_endpoint extractor-beta
        with self.client.beta.chat.completions.stream(model="streams-beta", messages=text) as stream:  #> serving_endpoint streams-beta
            return parsed, old, stream.get_final_completion()

    def stream(self, text):
        with self.client.chat.completions.stream(model="streams", messages=text) as events:  #> serving_endpoint streams
            yield from events

    def plan(self, text):
        first = self.client.responses.create(model="planner", input=text)  #> serving_endpoint planner
        self.client.responses.parse(model="planner-parsed", input=text)  #> serving_endpoint planner-parsed
        self.client.responses.stream(model="planner-streams", input=text)  #> serving_endpoint planner-streams
        return first.output_text

    def embed(self, text):
        self.client.completions.create(model="completes", prompt=text)  #> serving_endpoint completes
        return self.client.embeddings.create(model="databricks-gte-large-en", input=[text]).data[0]  #> serving_endpoint databricks-gte-large-en


mlflow.models.set_model(SupportDesk())
