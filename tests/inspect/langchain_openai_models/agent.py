"""LangChain's classes for OpenAI, pointed at the workspace."""
import os

from langchain.chat_models import ChatOpenAI as Oldest
from langchain_community.chat_models import ChatOpenAI as Old
from langchain_community.embeddings import OpenAIEmbeddings as OldEmbeddings
from langchain_openai import AzureChatOpenAI, ChatOpenAI, OpenAI, OpenAIEmbeddings

BASE = f"https://{os.environ['DATABRICKS_HOST']}/serving-endpoints"
KEY = os.environ.get("DATABRICKS_TOKEN", "")

chat = ChatOpenAI(model="chat", base_url=BASE, api_key=KEY).bind_tools([])  #> serving_endpoint chat
named = ChatOpenAI(model_name="named", openai_api_base=BASE, openai_api_key=KEY)  #> serving_endpoint named
complete = OpenAI(model="complete", base_url=BASE, api_key=KEY)  #> serving_endpoint complete
embeddings = OpenAIEmbeddings(model="embed", base_url=BASE, api_key=KEY, check_embedding_ctx_length=False)  #> serving_endpoint embed
OldEmbeddings(model="embed-old", openai_api_base=BASE)  #> serving_endpoint embed-old
Old(model_name="old", openai_api_base=BASE)  #> serving_endpoint old
Oldest(model_name="oldest", openai_api_base=BASE)  #> serving_endpoint oldest
AzureChatOpenAI(azure_deployment="gpt-5", azure_endpoint="https://x.example.com")
ChatOpenAI(model="gpt-5", base_url="https://api.together.example/v1")
ChatOpenAI(base_url=BASE)  #? `model` is not given
