"""Agent frameworks that name a model's provider in a prefix."""
from agents import Agent as OpenAIAgent
from agno.agent import Agent as AgnoAgent
from agno.models.litellm import LiteLLM
from crewai import LLM, Agent, Crew
from smolagents import CodeAgent, LiteLLMModel
from strands.models.litellm import LiteLLMModel as StrandsModel

llm = LLM(model="databricks/crew-llm", temperature=0.2)  #> serving_endpoint crew-llm
hosted = LLM(model="openai/by-address", base_url="https://w.example.com/serving-endpoints")  #> serving_endpoint by-address
openai = LLM(model="openai/gpt-5")
researcher = Agent(role="researcher", goal="find", backstory="x", llm="databricks/researcher-llm")  #> serving_endpoint researcher-llm
writer = Agent(role="writer", goal="write", backstory="x", llm=llm)
critic = Agent(role="critic", goal="doubt", backstory="x", llm="anthropic/claude")
crew = Crew(agents=[researcher, writer], tasks=[], manager_llm="databricks/manager-llm")  #> serving_endpoint manager-llm
AgnoAgent(model=LiteLLM(id="databricks/agno-llm"))  #> serving_endpoint agno-llm
CodeAgent(tools=[], model=LiteLLMModel(model_id="databricks/smol-llm"))  #> serving_endpoint smol-llm
StrandsModel(model_id="databricks/strands-llm", params={})  #> serving_endpoint strands-llm
OpenAIAgent(name="x", model="litellm/anthropic/claude")
