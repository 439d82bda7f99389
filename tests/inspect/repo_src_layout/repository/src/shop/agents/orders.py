import mlflow
from databricks import sql
from databricks_langchain import ChatDatabricks

from shop.settings import LLM, TABLE
from shop.warehouse import WAREHOUSE

llm = ChatDatabricks(endpoint=LLM)


def orders(customer: str) -> list[object]:
    with sql.connect(http_path=f"/sql/1.0/warehouses/{WAREHOUSE}") as connection:
        return connection.cursor().execute(f"SELECT * FROM {TABLE} WHERE customer = ?", [customer]).fetchall()


mlflow.models.set_model(llm)
