"""An agent that runs the functions which its model chose, by the client and by their tool names."""
import json

from databricks_langchain import DatabricksFunctionClient as FromLangChain
from databricks_openai import DatabricksFunctionClient as FromOpenAI
from unitycatalog.ai.core.base import get_uc_function_client, set_uc_function_client
from unitycatalog.ai.core.databricks import DatabricksFunctionClient
from unitycatalog.ai.core.utils.function_processing_utils import get_tool_name
from unitycatalog.ai.openai.utils import generate_tool_call_messages

core = DatabricksFunctionClient(warehouse_id="1111")  #> sql_warehouse 1111
chain = FromLangChain(warehouse_id="2222")  #> sql_warehouse 2222
openai = FromOpenAI(client=None, warehouse_id="3333")  #> sql_warehouse 3333
set_uc_function_client(core)


def run(call):
    name = call.function.name.replace("__", ".")
    return core.execute_function(function_name=name, parameters=json.loads(call.function.arguments))  #? `call` is given to run()


def run_known(name, arguments):
    return core.execute_function(name, arguments).value  #> function main.tools.add; function main.tools.sub


run_known("main__tools__add", {"a": 1})
run_known("main.tools.sub", {"a": 1})
core.get_function("main.tools.one")  #> function main.tools.one
core.get_function_source(function_name="main.tools.two")  #> function main.tools.two
core.get_function_as_callable("main.tools.three")  #> function main.tools.three
core.list_functions(catalog="main", schema="tools")  #? what it finds is known only when it runs
chain.execute_function("main.tools.four", {})  #> function main.tools.four
chain.get_function("main.tools.five")  #> function main.tools.five
chain.get_function_source("main.tools.six")  #> function main.tools.six
chain.get_function_as_callable("main.tools.seven")  #> function main.tools.seven
chain.list_functions("main", "tools")  #? what it finds is known only when it runs
openai.execute_function("main__tools__eight", {})  #> function main.tools.eight
openai.get_function("main.tools.nine")  #> function main.tools.nine
openai.get_function_source("main.tools.ten")  #> function main.tools.ten
openai.get_function_as_callable("main.tools.eleven")  #> function main.tools.eleven
openai.list_functions("main", "tools")  #? what it finds is known only when it runs
shared = get_uc_function_client()
shared.get_function("main.tools.twelve")  #> function main.tools.twelve
shared.get_function_source("main.tools.thirteen")  #> function main.tools.thirteen
shared.get_function_as_callable("main.tools.fourteen")  #> function main.tools.fourteen
shared.list_functions("main", "tools")  #? what it finds is known only when it runs
get_tool_name("main.tools.add")
generate_tool_call_messages(response={}, client=core)
