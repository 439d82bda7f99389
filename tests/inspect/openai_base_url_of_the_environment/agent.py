"""Without a base URL, OpenAI's client asks the environment."""
from openai import OpenAI

OpenAI().chat.completions.create(model="chat")  #> serving_endpoint chat
