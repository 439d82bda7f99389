"""Libraries that know many providers say Databricks in a prefix."""
import dspy
import litellm
from crewai import LLM
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model

dspy.LM("databricks/one")  #> serving_endpoint one
dspy.LM(model="openai/gpt-5")
litellm.completion(model="databricks/two", messages=[])  #> serving_endpoint two
LLM(model="databricks/three")  #> serving_endpoint three
init_chat_model("databricks:four")  #> serving_endpoint four
create_agent("databricks:five", tools=[])  #> serving_endpoint five
create_agent(init_chat_model("openai:gpt-5"), tools=[])
dspy.LM(input())  #? known only when it runs
