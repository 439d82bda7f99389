"""The classes for Databricks in LangChain's own packages, where they were before."""
from langchain.chat_models import ChatDatabricks as InLangChain
from langchain.llms import Databricks as InLangChainLLM
from langchain.vectorstores import DatabricksVectorSearch as InLangChainStore
from langchain_classic.chat_models import ChatDatabricks as InClassic
from langchain_classic.llms import Databricks as InClassicLLM
from langchain_community.chat_models import ChatDatabricks, ChatMlflow
from langchain_community.embeddings import DatabricksEmbeddings, MlflowEmbeddings
from langchain_community.llms import Databricks, Mlflow
from langchain_community.vectorstores import DatabricksVectorSearch
from langchain_databricks import ChatDatabricks as InPartner
from langchain_databricks import DatabricksEmbeddings as PartnerEmbeddings
from langchain_databricks import DatabricksVectorSearch as PartnerStore

ChatDatabricks(endpoint="community", max_tokens=500)  #> serving_endpoint community
InLangChain(endpoint="langchain")  #> serving_endpoint langchain
InClassic(endpoint="classic")  #> serving_endpoint classic
InPartner(model="partner")  #> serving_endpoint partner
Databricks(endpoint_name="llm")  #> serving_endpoint llm
InLangChainLLM(endpoint_name="llm-langchain")  #> serving_endpoint llm-langchain
InClassicLLM(endpoint_name="llm-classic")  #> serving_endpoint llm-classic
Databricks(cluster_id="0101-abc", cluster_driver_port="7777")
DatabricksEmbeddings(endpoint="bge")  #> serving_endpoint bge
PartnerEmbeddings(endpoint="gte")  #> serving_endpoint gte
ChatMlflow(target_uri="databricks", endpoint="mlflow-chat")  #> serving_endpoint mlflow-chat
MlflowEmbeddings(target_uri="databricks", endpoint="mlflow-embed")  #> serving_endpoint mlflow-embed
Mlflow(target_uri="databricks", endpoint="mlflow-llm")  #> serving_endpoint mlflow-llm
ChatMlflow(target_uri="http://localhost:5000", endpoint="local-chat")
PartnerStore(endpoint="vs", index_name="main.docs.partner")  #> vector_search_index main.docs.partner
DatabricksVectorSearch(index_name="main.docs.community")  #> vector_search_index main.docs.community
InLangChainStore("main.docs.langchain")  #> vector_search_index main.docs.langchain
