"""Unity Catalog functions: toolkits, lists of names in all forms, the client."""
from databricks_langchain import DatabricksFunctionClient, UCFunctionToolkit
from databricks_langchain.uc_ai import UCFunctionToolkit as Below
from langchain_community.tools.databricks import UCFunctionToolkit as OldToolkit
from unitycatalog.ai.core.base import get_uc_function_client, set_uc_function_client
from unitycatalog.ai.openai.toolkit import UCFunctionToolkit as ForOpenAI

client = DatabricksFunctionClient()
set_uc_function_client(client)
SCHEMA = "main.tools"
NAMES = [f"{SCHEMA}.add", "%s.subtract" % SCHEMA]
MORE = []
MORE.append(SCHEMA + ".multiply")

UCFunctionToolkit(function_names=["system.ai.python_exec"]).tools  #> function system.ai.python_exec
Below(function_names=NAMES, client=client)  #> function main.tools.add; function main.tools.subtract
ForOpenAI(function_names=[*NAMES, *MORE])  #> function main.tools.add; function main.tools.multiply; function main.tools.subtract
UCFunctionToolkit(function_names=["main.tools.*"])  #? 'main.tools.*' names whatever is there
UCFunctionToolkit(function_names=[name for name in NAMES if "add" in name])  #> function main.tools.add
OldToolkit(warehouse_id="abc123").include("main.old.f", "main.old.g")  #> function main.old.f; function main.old.g; sql_warehouse abc123
client.execute_function("main.tools.add", {"a": 1})  #> function main.tools.add
get_uc_function_client().execute_function(function_name="main__tools__div")  #> function main.tools.div
client.list_functions("main", "tools")  #? what it finds is known only when it runs
