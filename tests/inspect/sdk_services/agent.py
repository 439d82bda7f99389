"""The services of the SDK, each asked for one thing, and lists that only the workspace knows."""
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import StatementState

w = WorkspaceClient()
ENDPOINT = "forecast"


def forecast(rows):
    if w.serving_endpoints.get(ENDPOINT).state:  #> serving_endpoint forecast
        return w.serving_endpoints_data_plane.query(name=ENDPOINT, dataframe_records=rows)  #> serving_endpoint forecast
    return None


def wait(statement):
    while w.statement_execution.get_statement(statement.statement_id).status.state != StatementState.SUCCEEDED:
        w.statement_execution.cancel_execution(statement.statement_id)
    return w.statement_execution.get_statement_result_chunk_n(statement.statement_id, 0)


wait(w.statement_execution.execute_statement("SELECT count(*) FROM orders", "wh1", catalog="main", schema="sales"))  #> sql_warehouse wh1; table main.sales.orders
w.warehouses.get("wh2")  #> sql_warehouse wh2
w.warehouses.start(id="wh3")  #> sql_warehouse wh3
w.warehouses.start_and_wait("wh4")  #> sql_warehouse wh4
w.functions.get("main.tools.add")  #> function main.tools.add
w.tables.get(full_name="main.sales.orders")  #> table main.sales.orders
w.tables.exists("main.sales.items")  #> table main.sales.items
w.connections.get("salesforce")  #> uc_connection salesforce
w.serving_endpoints.http_request(conn="slack", method="POST", path="/x")  #> uc_connection slack
w.apps.get(name="helper")  #> app helper
w.database.generate_database_credential(request_id="1", instance_names=["memory", "history"])  #> lakebase history; lakebase memory
w.database.get_database_instance("state")  #> lakebase state
w.serving_endpoints._api.do("POST", "/serving-endpoints/raw/invocations")  #> serving_endpoint raw
w.api_client.do(method="GET", path="/api/2.1/unity-catalog/tables/main.sales.raw")  #> table main.sales.raw
w.api_client.do("GET", "/api/2.1/jobs/list")  #? not known here
w.postgres.generate_database_credential("projects/p/branches/b/endpoints/e")  #? not declarable: MLflow has a resource type for provisioned Lakebase
w.postgres.get_endpoint("projects/p/branches/b/endpoints/e")  #? not declarable: MLflow has a resource type for provisioned Lakebase
w.serving_endpoints.list()  #? what it finds is known only when it runs
w.functions.list("main", "tools")  #? what it finds is known only when it runs
w.tables.list("main", "sales")  #? what it finds is known only when it runs
w.tables.list_summaries("main")  #? what it finds is known only when it runs
w.apps.list()  #? what it finds is known only when it runs
w.warehouses.list()  #? what it finds is known only when it runs
w.connections.list()  #? what it finds is known only when it runs
w.database.list_database_instances()  #? what it finds is known only when it runs
w.files.download("/Volumes/main/docs/raw/a.pdf")
w.secrets.get_secret("agents", "key")
w.dbutils.secrets.get("agents", "key")
w.workspace.get_status("/x")
w.volumes.read("main.docs.raw")
