"""Every way to put a name together."""
import sys

from databricks_langchain import VectorSearchRetrieverTool as Tool

C, S = "main", "docs"
PARTS = {"catalog": C, "schema": S}
Tool(index_name=f"{C}.{S}.f")  #> vector_search_index main.docs.f
Tool(index_name=C + "." + S + ".plus")  #> vector_search_index main.docs.plus
Tool(index_name="{}.{}.format".format(C, S))  #> vector_search_index main.docs.format
Tool(index_name="{catalog}.{schema}.named".format(catalog=C, schema=S))  #> vector_search_index main.docs.named
Tool(index_name="%s.%s.percent" % (C, S))  #> vector_search_index main.docs.percent
Tool(index_name=".".join([C, S, "join"]))  #> vector_search_index main.docs.join
Tool(index_name=f"{PARTS['catalog']}.{PARTS['schema']}.dict")  #> vector_search_index main.docs.dict
Tool(index_name="MAIN.docs.case".lower())  #> vector_search_index main.docs.case
Tool(index_name=("main/docs/replaced").replace("/", "."))  #> vector_search_index main.docs.replaced
Tool(**{"index_name": "main.docs.spread", "num_results": 3})  #> vector_search_index main.docs.spread
Tool(index_name="main.docs.a" if sys.argv else "main.docs.b")  #> vector_search_index main.docs.a; vector_search_index main.docs.b
Tool(index_name="main.docs.a" if C == "x" else "main.docs.c")  #> vector_search_index main.docs.c
