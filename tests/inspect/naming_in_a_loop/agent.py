"""Names that change from turn to turn of a loop: the one before, and one that grows."""
from databricks_langchain import ChatDatabricks

previous = "start"
for name in ["a", "b", "c"]:
    ChatDatabricks(model=f"{previous}-{name}")  #> serving_endpoint start-a; serving_endpoint a-a; serving_endpoint b-a; serving_endpoint c-a; serving_endpoint start-b; serving_endpoint a-b; serving_endpoint b-b; serving_endpoint c-b; serving_endpoint start-c; serving_endpoint a-c; serving_endpoint b-c; serving_endpoint c-c
    previous = name
grows = "x"
for _ in range(3):
    grows = grows + "y"
    ChatDatabricks(model=grows)  #> serving_endpoint xy; serving_endpoint xyy  #? by way of itself
longer = "x"
for _ in range(3):
    longer += "z"
ChatDatabricks(model=longer)  #> serving_endpoint x; serving_endpoint xz  #? by way of itself
left, right = "l", "r"
for _ in range(2):
    left, right = right, left
ChatDatabricks(model=left)  #> serving_endpoint l; serving_endpoint r
last = "never"
for last in ("p", "q"):
    pass
ChatDatabricks(model=last)  #> serving_endpoint never; serving_endpoint p; serving_endpoint q
count = 0
while True:
    count += 1
    ChatDatabricks(model=f"n{count}")  #> serving_endpoint n1  #? a sum that is known only
    if count > 3:
        break
for found in ("m", "n"):
    if found == "n":
        break
else:
    found = "none"
ChatDatabricks(model=found)  #> serving_endpoint m; serving_endpoint n; serving_endpoint none
