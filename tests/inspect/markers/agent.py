"""Comments that say what can not be read."""
from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks

w = WorkspaceClient()
ChatDatabricks(model=input())  # agentry: uses serving_endpoint by-hand
# agentry: uses nothing
w.jobs.list()
w.jobs.run_now(1)  #? does not know
# agentry: uses table main.sales.orders
