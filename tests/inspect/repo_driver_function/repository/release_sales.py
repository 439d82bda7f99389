from mlflow.models.resources import DatabricksTable

from tooling.registry import register

register("sales/agent.py", ["chat-large"], more=[DatabricksTable(table_name="shop.sales.orders")])
