"""Model services of Unity Catalog, asked by way of the AI gateway."""
from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks
from databricks_openai import AsyncDatabricksOpenAI, DatabricksOpenAI
from openai import OpenAI

HOST = WorkspaceClient().config.host
client = OpenAI(base_url=f"{HOST}/ai-gateway/mlflow/v1", api_key="x")
client.chat.completions.create(model="system.ai.claude-opus", messages=[])  #> uc_model_service system.ai.claude-opus
client.chat.completions.create(model="databricks-claude-opus", messages=[])  #? which model service the AI gateway takes
client.chat.completions.create(model=f"main.{input()}", messages=[])  #? which model service it is

ours = DatabricksOpenAI(use_ai_gateway=True)
ours.responses.create(model="main.services.writer", input="x")  #> uc_model_service main.services.writer
native = AsyncDatabricksOpenAI(use_ai_gateway_native_api=True)
native.embeddings.create(model="main.services.vectors", input="x")  #> uc_model_service main.services.vectors
DatabricksOpenAI(use_ai_gateway=False).responses.create(model="endpoint", input="x")  #> serving_endpoint endpoint
DatabricksOpenAI(use_ai_gateway=input() == "y").responses.create(model="either", input="x")  #? whether it goes by the AI gateway

llm = ChatDatabricks(model="system.ai.gpt-5", use_ai_gateway=True)  #> uc_model_service system.ai.gpt-5
plain = ChatDatabricks(model="system.ai.gpt-5")  #? is the name of a model service
vercel = OpenAI(base_url="https://ai-gateway.vercel.example/v1", api_key="x")
vercel.chat.completions.create(model="anthropic/claude", messages=[])
