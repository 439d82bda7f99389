"""Frameworks whose model for OpenAI is given the workspace's address."""
import os

from agno.models.openai import OpenAIChat
from agno.models.openai.like import OpenAILike as AgnoLike
from autogen_ext.models.openai import AzureOpenAIChatCompletionClient, OpenAIChatCompletionClient
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.generators import OpenAIGenerator
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.utils import Secret
from llama_index.embeddings.databricks import DatabricksEmbedding
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.databricks import Databricks
from llama_index.llms.openai import OpenAI
from llama_index.llms.openai_like import OpenAILike
from smolagents import OpenAIModel, OpenAIServerModel
from strands.models.openai import OpenAIModel as StrandsModel

URL = os.environ["DATABRICKS_HOST"] + "/serving-endpoints"
Databricks(model="llama", api_key="x", api_base=URL)  #> serving_endpoint llama
DatabricksEmbedding(model="llama-embed", endpoint=URL)  #> serving_endpoint llama-embed
OpenAILike(model="like", api_base=URL, is_chat_model=True)  #> serving_endpoint like
OpenAI(model="llama-openai", api_base=URL)  #> serving_endpoint llama-openai
OpenAI(model="gpt-5")
OpenAIEmbedding(model_name="embedding", api_base=URL)  #> serving_endpoint embedding
OpenAILikeEmbedding(model_name="embedding-like", api_base=URL)  #> serving_endpoint embedding-like
OpenAIChatCompletionClient(model="autogen", base_url=URL, model_info={"vision": False})  #> serving_endpoint autogen
AzureOpenAIChatCompletionClient(model="gpt-5", azure_endpoint="https://x.example.com")
OpenAIModel(model_id="smol", api_base=URL)  #> serving_endpoint smol
OpenAIServerModel(model_id="smol-server", api_base=URL)  #> serving_endpoint smol-server
OpenAIChat(id="agno", base_url=URL)  #> serving_endpoint agno
AgnoLike(id="agno-like", base_url=URL)  #> serving_endpoint agno-like
OpenAIChatGenerator(api_key=Secret.from_env_var("KEY"), model="hay", api_base_url=URL)  #> serving_endpoint hay
OpenAIGenerator(model="hay-plain", api_base_url=URL)  #> serving_endpoint hay-plain
OpenAITextEmbedder(model="hay-text", api_base_url=URL)  #> serving_endpoint hay-text
OpenAIDocumentEmbedder(model="hay-document", api_base_url=URL)  #> serving_endpoint hay-document
StrandsModel(client_args={"base_url": URL, "api_key": "x"}, model_id="strands")  #> serving_endpoint strands
StrandsModel(client_args={"api_key": "x"}, model_id="gpt-5")
