"""Functions of an open-source Unity Catalog server, which is not the workspace's."""
from unitycatalog.ai.core.client import UnitycatalogFunctionClient
from unitycatalog.ai.openai.toolkit import UCFunctionToolkit
from unitycatalog.client import ApiClient, Configuration

api = ApiClient(configuration=Configuration(host="http://localhost:8080/api/2.1/unity-catalog"))
client = UnitycatalogFunctionClient(api_client=api)
tools = UCFunctionToolkit(function_names=["main.tools.add"], client=client).tools
client.execute_function("main.tools.add", {"a": 1})
UCFunctionToolkit.uc_function_to_openai_function_definition(function_name="main.tools.add", client=client)
