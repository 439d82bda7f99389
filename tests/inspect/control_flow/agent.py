"""Alternatives all count; what only runs as a script does not."""
import sys

from databricks_langchain import ChatDatabricks

if sys.platform == "linux":
    MODEL = "one"
else:
    MODEL = "two"
try:
    import fancy

    KIND = "fancy"
except ImportError:
    KIND = "plain"

ChatDatabricks(model=MODEL)  #> serving_endpoint one; serving_endpoint two
ChatDatabricks(model=KIND)  #> serving_endpoint fancy; serving_endpoint plain
(first, second), third = ("a", "b"), "c"
ChatDatabricks(model=second)  #> serving_endpoint b
if (walrus := "w"):
    ChatDatabricks(model=walrus)  #> serving_endpoint w
match MODEL:
    case "one":
        ChatDatabricks(model="matched")  #> serving_endpoint matched
recursive = lambda n: recursive(n)
ChatDatabricks(model=recursive(1))  #? by way of itself

if __name__ == "__main__":
    ChatDatabricks(model="only-as-a-script")
