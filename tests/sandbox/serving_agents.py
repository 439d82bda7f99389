"""Code of agents that the tests of serving register: small, and asked to show what they see."""

from __future__ import annotations

CHAT_AGENT = '''
import json
import os
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from uuid import uuid4

from mlflow.models import set_model
from mlflow.pyfunc import ChatAgent
from mlflow.types.agent import ChatAgentChunk, ChatAgentMessage, ChatAgentResponse

NAME = "{name}"
print("loading", NAME)


def message(text):
    return ChatAgentMessage(role="assistant", content=text, id=uuid4().hex)


def surroundings():
    seen = {{
        "environment": dict(os.environ),
        "cwd": os.getcwd(),
        "path": sys.path,
        "stdin": sys.stdin.read(),
    }}
    return json.dumps(seen)


def call(endpoint):
    """Ask a chat endpoint with the mounted token, as a client would."""
    file = Path(os.environ["SERVING_CREDENTIALS_DIR"], "model-dependencies-oauth-token")
    if not file.exists():
        return "no file"
    token = json.loads(file.read_text())["OAUTH_TOKEN"][0]["oauthTokenValue"]
    request = urllib.request.Request(
        os.environ["DATABRICKS_MODEL_SERVING_HOST_URL"] + "/serving-endpoints/" + endpoint + "/invocations",
        json.dumps({{"messages": [{{"role": "user", "content": "hello"}}]}}).encode(),
        {{"Authorization": "Bearer " + token, "Content-Type": "application/json"}},
    )
    try:
        return str(urllib.request.urlopen(request).status)
    except urllib.error.HTTPError as error:
        return str(error.code) + " " + error.read().decode()


class Agent(ChatAgent):
    def answer(self, text):
        command, _, rest = text.partition(" ")
        if command == "surroundings":
            return surroundings()
        if command == "call":
            return call(rest)
        if command == "sdk":
            from databricks.sdk.core import Config

            return Config().host
        if command == "slowly":
            threading.Event().wait(float(rest))
        if command == "die":
            os._exit(3)
        print("asked", text)
        return NAME

    def predict(self, messages, context=None, custom_inputs=None):
        return ChatAgentResponse(messages=[message(self.answer(messages[-1].content))])

    def predict_stream(self, messages, context=None, custom_inputs=None):
        for word in messages[-1].content.split():
            yield ChatAgentChunk(delta=message(word))


set_model(Agent())
'''

PLAIN_MODEL = """
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input.sum(axis=1) * (params or {}).get("times", 1)


set_model(Sum())
"""


def chat_agent(name: str) -> str:
    """An agent that answers with its name."""
    return CHAT_AGENT.format(name=name)
