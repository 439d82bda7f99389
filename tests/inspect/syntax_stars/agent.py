"""Stars in subscripts and annotations of Python 3.11, lazy imports of 3.15, and words that are keywords sometimes."""
lazy import json
lazy from databricks_langchain import ChatDatabricks

type = "chat"
match = {"lazy": type}


def make(*names: *tuple[str, ...]) -> dict[*tuple[str, ...], int]:
    return [ChatDatabricks(model=name) for name in ["one", "two"]]  #> serving_endpoint one; serving_endpoint two


make("x", *["y"])[*(), 1]
match match["lazy"]:
    case "chat" as case:
        llm = ChatDatabricks(model=case)  #> serving_endpoint chat
llm = ChatDatabricks(model=match["lazy"])  #> serving_endpoint chat
