"""Calls of one function are told apart, also through others, in loops, and when it calls itself."""
from databricks_langchain import ChatDatabricks, VectorSearchRetrieverTool


def tool(catalog, name):
    return VectorSearchRetrieverTool(index_name=f"{catalog}.docs.{name}")  #> vector_search_index a.docs.x; vector_search_index b.docs.y; vector_search_index c.docs.z; vector_search_index c.docs.w


tool("a", "x")
tool("b", "y")


def more(name):
    return tool("c", name)


for name in ["z", "w"]:
    more(name)


def count(n, name):
    if n == 0:
        return name
    return count(n - 1, name + "i")


ChatDatabricks(model=count(2, "v"))  #> serving_endpoint vii


def down(name):
    ChatDatabricks(model=name)  #> serving_endpoint top; serving_endpoint op  #? it changes as down() calls itself
    down(name[1:])


down("top")


def same(name, depth):
    ChatDatabricks(model=name)  #> serving_endpoint same
    same(name, depth + 1)


same("same", 0)
MANY = [f"m{number}" for number in range(30)]
for each in MANY:
    ChatDatabricks(model=f"{each}")  #> serving_endpoint m0; serving_endpoint m1; serving_endpoint m2; serving_endpoint m3; serving_endpoint m4; serving_endpoint m5; serving_endpoint m6; serving_endpoint m7; serving_endpoint m8; serving_endpoint m9; serving_endpoint m10; serving_endpoint m11; serving_endpoint m12; serving_endpoint m13; serving_endpoint m14; serving_endpoint m15; serving_endpoint m16; serving_endpoint m17; serving_endpoint m18; serving_endpoint m19; serving_endpoint m20; serving_endpoint m21; serving_endpoint m22; serving_endpoint m23; serving_endpoint m24; serving_endpoint m25; serving_endpoint m26; serving_endpoint m27; serving_endpoint m28; serving_endpoint m29


def every(n):
    return f"e-{n}"


LLMS = [ChatDatabricks(model=m) for m in map(every, ["a", "b"])]  #> serving_endpoint e-a; serving_endpoint e-b
[ChatDatabricks(model=m) for m in filter(lambda m: m != "p", ["p", "q"])]  #> serving_endpoint q
BUILDERS = {"one": lambda: ChatDatabricks(model="by-lambda"), "two": more}  #> serving_endpoint by-lambda
BUILDERS["one"]()


def outer(prefix):
    def inner(name):
        return ChatDatabricks(model=f"{prefix}-{name}")  #> serving_endpoint p-1; serving_endpoint q-2

    return inner


first, second = outer("p"), outer("q")
first("1")
second("2")


def counter():
    total = "a"

    def grow():
        nonlocal total
        total = "b"
        return total

    grow()
    return ChatDatabricks(model=total)  #> serving_endpoint a; serving_endpoint b


counter()
