import sys
from pathlib import Path

import mlflow
from mlflow.models.resources import DatabricksServingEndpoint, DatabricksSQLWarehouse, DatabricksTable

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from shop import settings  # noqa: E402

AGENT = HERE.parent / "src" / "shop" / "agents" / "orders.py"

if __name__ == "__main__":
    mlflow.pyfunc.log_model(
        name="orders",
        python_model=str(AGENT),
        code_paths=["../src/shop"],
        resources=[
            DatabricksServingEndpoint(endpoint_name=settings.LLM),
            DatabricksTable(table_name=settings.TABLE),
            DatabricksSQLWarehouse(warehouse_id="aa11bb22cc33dd44"),
        ],
    )
