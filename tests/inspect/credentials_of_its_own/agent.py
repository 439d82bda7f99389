"""Clients that the code gives a token or a secret of its own: what they reach needs no declaration."""
import os

from databricks import sql
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.runtime import dbutils
from databricks.vector_search.client import VectorSearchClient
from databricks_langchain import ChatDatabricks, GenieAgent
from databricks_dspy import DatabricksRM
from langchain_openai import ChatOpenAI
from openai import OpenAI

HOST = os.environ["DATABRICKS_HOST"]
TOKEN = os.environ["DATABRICKS_TOKEN"]
BASE = f"{HOST}/serving-endpoints"

pat = WorkspaceClient(host=HOST, token=TOKEN)
pat.serving_endpoints.query("a")
pat.jobs.run_now(1)
ChatDatabricks(model="b", workspace_client=pat)
GenieAgent("01f0", "Sales", client=pat)
principal = WorkspaceClient(host=HOST, client_id="id", client_secret=dbutils.secrets.get("agents", "sp"))
principal.vector_search_indexes.query_index("main.docs.a", columns=["id"])
by_config = WorkspaceClient(config=Config(host=HOST, token=TOKEN))
by_config.statement_execution.execute_statement("SELECT * FROM main.sales.orders", "wh")
azure = WorkspaceClient(host=HOST, azure_client_id="id", azure_client_secret=os.environ["ARM_CLIENT_SECRET"])
azure.genie.create_message("01f0", "c", "x")

vectors = VectorSearchClient(workspace_url=HOST, service_principal_client_id="id", service_principal_client_secret=TOKEN)
vectors.get_index("shared", "main.docs.b").similarity_search(query_text="x")
VectorSearchClient(workspace_url=HOST, personal_access_token=os.getenv("DATABRICKS_TOKEN")).get_index("e", "main.docs.c")
DatabricksRM(databricks_index_name="main.docs.d", databricks_token=TOKEN)
sql.connect(server_hostname=HOST, http_path="/sql/1.0/warehouses/abc", access_token=TOKEN).cursor().execute("SELECT * FROM main.a.b")
OpenAI(api_key=TOKEN, base_url=BASE).chat.completions.create(model="e", messages=[])
ChatOpenAI(api_key=pat.secrets.get_secret("agents", "key").value, base_url=BASE, model="f")
OpenAI(api_key="dapi0123456789abcdef", base_url=BASE).embeddings.create(model="g", input="x")
