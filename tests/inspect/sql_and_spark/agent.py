"""Warehouses, statements and tables."""
from databricks import sql
from databricks.connect import DatabricksSession
from databricks.sdk import WorkspaceClient

with sql.connect(server_hostname="h", http_path="/sql/1.0/warehouses/abc123") as connection:  #> sql_warehouse abc123
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM main.sales.orders o JOIN `main`.`sales`.`items` i ON o.id = i.id")  #> table main.sales.items; table main.sales.orders
        cursor.execute("WITH recent AS (SELECT 1) SELECT * FROM recent")
        cursor.execute(input())  #? known only when it runs
WorkspaceClient().statement_execution.execute_statement(  #> sql_warehouse abc; table main.a.b
    statement="select 1 from main.a.b", warehouse_id="abc"
)
session = DatabricksSession.builder.serverless(True).getOrCreate()
session.table("main.c.d").collect()  #> table main.c.d
spark.read.table("main.e.f")  #> table main.e.f
spark.sql("select * from orders")  #? the catalog and schema of 'orders'
