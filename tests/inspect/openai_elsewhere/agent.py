"""Models of other providers need no declaration; which address is used has to be known."""
import os

from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from openai import AzureOpenAI, OpenAI

OpenAI().chat.completions.create(model="gpt-5")
OpenAI(base_url="https://api.groq.example/v1").chat.completions.create(model="llama")
OpenAI().models.list()
AzureOpenAI(azure_endpoint="https://x.example").chat.completions.create(model="gpt-5")
ChatOpenAI(model="gpt-5").invoke("hi")
OpenAI(base_url=os.environ["BASE"]).chat.completions.create(model="m")  #? the environment variable BASE is not among
OpenAI(base_url=os.getenv("GATEWAY")).responses.create(model="m")  #> serving_endpoint m
ChatOpenAI(model="c", base_url=os.getenv("GATEWAY"))  #> serving_endpoint c
OpenAIEmbeddings(model="e", openai_api_base=os.getenv("GATEWAY"))  #> serving_endpoint e
