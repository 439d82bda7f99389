"""One schema of functions, offered to every framework."""
from databricks_langchain import UCFunctionToolkit, UnityCatalogTool
from databricks_llamaindex import UCFunctionToolkit as ForLlama
from databricks_openai import UCFunctionToolkit as ForOpenAI
from unitycatalog.ai.anthropic.toolkit import UCFunctionToolkit as Anthropic
from unitycatalog.ai.autogen.toolkit import UCFunctionToolkit as AutoGen
from unitycatalog.ai.core.databricks import DatabricksFunctionClient
from unitycatalog.ai.crewai.toolkit import UCFunctionToolkit as CrewAI
from unitycatalog.ai.gemini.toolkit import UCFunctionToolkit as Gemini
from unitycatalog.ai.langchain.toolkit import UCFunctionToolkit as LangChain
from unitycatalog.ai.langchain.toolkit import UnityCatalogTool as Tool
from unitycatalog.ai.litellm.toolkit import UCFunctionToolkit as LiteLLM
from unitycatalog.ai.llama_index.toolkit import UCFunctionToolkit as LlamaIndex
from unitycatalog.ai.openai.toolkit import UCFunctionToolkit as OpenAIToolkit

SCHEMA = "main.tools"
client = DatabricksFunctionClient(execution_mode="serverless")
names = [f"{SCHEMA}.{name}" for name in ("lookup", "refund")]
tools = [
    *UCFunctionToolkit(function_names=names, client=client).tools,  #> function main.tools.lookup; function main.tools.refund
    *ForLlama(function_names=["main.tools.llama"]).tools,  #> function main.tools.llama
    *ForOpenAI(function_names=("main.tools.openai",)).tools,  #> function main.tools.openai
    *AutoGen(function_names=[SCHEMA + ".autogen"], client=client).tools,  #> function main.tools.autogen
    *CrewAI(function_names=[SCHEMA + ".*"], client=client).tools,  #? 'main.tools.*' names whatever is there
]
Anthropic.uc_function_to_anthropic_tool(function_name="main.tools.anthropic", client=client)  #> function main.tools.anthropic
AutoGen.uc_function_to_autogen_tool(function_name="main.tools.autogen_one", client=client)  #> function main.tools.autogen_one
CrewAI.uc_function_to_crewai_tool(function_name="main.tools.crew", client=client)  #> function main.tools.crew
Gemini.uc_function_to_gemini_tool(function_name="main.tools.gemini", client=client)  #> function main.tools.gemini
LangChain.uc_function_to_langchain_tool(function_name="main.tools.langchain", client=client)  #> function main.tools.langchain
LiteLLM.uc_function_to_litellm_tool(function_name="main.tools.litellm", client=client)  #> function main.tools.litellm
LlamaIndex.uc_function_to_llama_tool(function_name="main.tools.llama_one", client=client)  #> function main.tools.llama_one
OpenAIToolkit.uc_function_to_openai_function_definition(function_name="main.tools.definition")  #> function main.tools.definition
Tool(name="x", uc_function_name="main.tools.by_hand", client_config={})  #> function main.tools.by_hand
UnityCatalogTool(name="y", uc_function_name="main.tools.by_hand_too", client_config={})  #> function main.tools.by_hand_too
