"""Models named with their provider, in one string or two arguments."""
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain.embeddings import init_embeddings
from langchain_classic.chat_models import init_chat_model as classic
from langgraph.prebuilt import create_react_agent

init_chat_model("databricks:one", temperature=0)  #> serving_endpoint one
init_chat_model("two", model_provider="databricks")  #> serving_endpoint two
init_chat_model(model="gpt-5", model_provider="openai")
init_chat_model("claude-sonnet", model_provider="anthropic")
init_chat_model("claude-sonnet")
classic("databricks:three")  #> serving_endpoint three
classic(model="four", model_provider="databricks")  #> serving_endpoint four
init_embeddings("databricks:five")  #> serving_endpoint five
create_agent(model="databricks:six", tools=[])  #> serving_endpoint six
create_react_agent("databricks:seven", tools=[])  #> serving_endpoint seven
create_deep_agent(model="databricks:eight", tools=[])  #> serving_endpoint eight
create_agent("anthropic:claude-sonnet", tools=[])
