"""Loops over lists that are written out: what belongs together stays together."""
from itertools import chain, product

from databricks_langchain import ChatDatabricks, VectorSearchRetrieverTool

CATALOG = "main"
NAMES = ["a", "b"]
for catalog, index in [("main", "x"), ("dev", "y")]:
    VectorSearchRetrieverTool(index_name=f"{catalog}.docs.{index}")  #> vector_search_index main.docs.x; vector_search_index dev.docs.y
for number, name in enumerate(NAMES, start=1):
    ChatDatabricks(model=f"{name}-{number}")  #> serving_endpoint a-1; serving_endpoint b-2
for size, kind in zip(("small", "large"), ("chat", "code")):
    ChatDatabricks(model=f"{kind}-{size}")  #> serving_endpoint chat-small; serving_endpoint code-large
for key, value in {"k": "1", "l": "2"}.items():
    ChatDatabricks(model=key + value)  #> serving_endpoint k1; serving_endpoint l2
for spec in [{"name": "one", "tier": "gold"}, {"name": "two", "tier": "tin"}]:
    whole = "{name}-{tier}".format(**spec)
    ChatDatabricks(model=whole)  #> serving_endpoint one-gold; serving_endpoint two-tin
for outer in ["o", "p"]:
    for inner in [outer + "1", outer + "2"]:
        ChatDatabricks(model=f"{outer}.{inner}")  #> serving_endpoint o.o1; serving_endpoint o.o2; serving_endpoint p.p1; serving_endpoint p.p2
MODELS = [ChatDatabricks(model=f"c-{n}") for n in NAMES]  #> serving_endpoint c-a; serving_endpoint c-b
PICKED = {n: f"{n}-{n}" for n in NAMES if n != "b"}
ChatDatabricks(model=PICKED["a"])  #> serving_endpoint a-a
ChatDatabricks(model=list(PICKED.values())[0])  #> serving_endpoint a-a
ALL = [f"{x}{y}" for x in NAMES for y in (1, 2) if (x, y) != ("a", 2)]
ChatDatabricks(model=ALL[0])  #> serving_endpoint a1
for both in chain(["u"], ("v",)):
    ChatDatabricks(model=both)  #> serving_endpoint u; serving_endpoint v
for left, right in product("st", ["1", "2"]):
    ChatDatabricks(model=left + right)  #> serving_endpoint s1; serving_endpoint s2; serving_endpoint t1; serving_endpoint t2
for each in sorted({"h", "g"}):
    ChatDatabricks(model=each)  #> serving_endpoint g; serving_endpoint h
for each in reversed(NAMES):
    ChatDatabricks(model=f"r-{each}")  #> serving_endpoint r-a; serving_endpoint r-b
for nothing in []:
    ChatDatabricks(model=nothing)
for tool in [{"type": "chat", "name": "by-type"}, {"type": "index", "name": "main.docs.by-type"}]:
    if tool["type"] == "chat":
        ChatDatabricks(model=tool["name"])  #> serving_endpoint by-type
    elif tool.get("type") == "index":
        VectorSearchRetrieverTool(index_name=tool["name"])  #> vector_search_index main.docs.by-type
for n in NAMES:
    if n == "a":
        continue
    ChatDatabricks(model=f"after-{n}")  #> serving_endpoint after-a; serving_endpoint after-b
functions = [lambda: n for n in NAMES]
ChatDatabricks(model=functions[0]())  #> serving_endpoint a; serving_endpoint b
