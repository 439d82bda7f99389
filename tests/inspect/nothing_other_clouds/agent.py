"""Models of other clouds: Azure, Bedrock, Vertex, Anthropic, Groq, a server of one's own."""
import boto3
import dspy
import litellm
from anthropic import Anthropic
from autogen_ext.models.openai import AzureOpenAIChatCompletionClient, OpenAIChatCompletionClient
from crewai import LLM, Agent
from google import genai
from langchain.chat_models import init_chat_model
from langchain_anthropic import ChatAnthropic
from langchain_aws import BedrockEmbeddings, ChatBedrock
from langchain_google_vertexai import ChatVertexAI
from langchain_openai import AzureChatOpenAI, AzureOpenAIEmbeddings
from llama_index.llms.openai_like import OpenAILike
from openai import AsyncAzureOpenAI, AzureOpenAI, OpenAI
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

AzureOpenAI(azure_endpoint="https://x.openai.azure.example").chat.completions.create(model="gpt-5", messages=[])
AsyncAzureOpenAI(azure_endpoint="https://x.example.com").embeddings.create(model="ada", input="x")
AzureChatOpenAI(azure_deployment="gpt-5", api_version="2026-01-01").invoke("x")
AzureOpenAIEmbeddings(model="ada")
boto3.client("bedrock-runtime").converse(modelId="anthropic.claude", messages=[])
ChatBedrock(model_id="anthropic.claude")
BedrockEmbeddings(model_id="titan")
ChatVertexAI(model="gemini")
genai.Client().models.generate_content(model="gemini", contents="x")
Anthropic().messages.create(model="claude", messages=[], max_tokens=5)
ChatAnthropic(model="claude")
init_chat_model("bedrock_converse:claude")
OpenAI(base_url="https://api.groq.example/openai/v1").chat.completions.create(model="llama", messages=[])
OpenAI(base_url="http://localhost:11434/v1", api_key="ollama").chat.completions.create(model="llama", messages=[])
dspy.LM("azure/gpt-5")
litellm.completion(model="vertex_ai/gemini", messages=[])
Agent(role="x", goal="y", backstory="z", llm=LLM(model="anthropic/claude"))
OpenAILike(model="llama", api_base="http://localhost:8000/v1")
OpenAIChatModel("llama", provider=OpenAIProvider(base_url="http://localhost:8000/v1"))
OpenAIChatCompletionClient(model="gpt-5")
AzureOpenAIChatCompletionClient(model="gpt-5", azure_deployment="x")
