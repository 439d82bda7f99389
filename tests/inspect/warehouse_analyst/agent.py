"""An analyst that writes SQL of its own for a warehouse, by the SQL connector."""
import os

from databricks import sql
from databricks.sdk.core import Config, oauth_service_principal
from langchain_community.utilities import SQLDatabase

cfg = Config()
QUERY = """
-- from main.old.comment
WITH recent AS (SELECT * FROM main.sales.orders WHERE day > current_date() - 7),
     late AS (SELECT * FROM recent)
SELECT c.name, extract(year FROM l.day), main.tools.mask(c.email), 'from main.text.literal'
FROM late l, main.crm.customers AS c
LEFT JOIN `main`.`crm`.`no-go` n ON n.id = c.id
WHERE l.status IS DISTINCT FROM 'x' AND c.id IN (SELECT id FROM main.crm.vip)
"""


def connect():
    return sql.connect(  #> sql_warehouse abc
        server_hostname=cfg.host,
        http_path=f"/sql/1.0/warehouses/{os.environ['WAREHOUSE']}",
        credentials_provider=lambda: cfg.authenticate,
        catalog="main",
        schema="sales",
    )


def run(day, table):
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(QUERY)  #> table main.sales.orders; table main.crm.customers; table main.crm.no-go; table main.crm.vip; function main.tools.mask
        cursor.execute_async("SELECT * FROM orders JOIN crm.customers USING (id)")  #> table main.sales.orders; table main.crm.customers
        cursor.executemany("INSERT INTO main.logs.answers (id, text) VALUES (?, ?)", [])  #> table main.logs.answers
        cursor.execute(f"SELECT * FROM main.sales.items WHERE day = '{day}' AND n > {len(day)} LIMIT 5")  #> table main.sales.items
        cursor.execute("SELECT * FROM ai_query('summaries', 'x'), vector_search(index => 'main.docs.faq', query => 'x')")  #> serving_endpoint summaries; vector_search_index main.docs.faq
        cursor.execute("SELECT http_request(conn => 'slack', method => 'POST', path => '/x')")  #> uc_connection slack
        cursor.execute("SELECT * FROM main.tools.search('x')")  #> function main.tools.search
        cursor.execute(f"SELECT * FROM {table}")  #? `table` is given to run() by somebody else
        cursor.execute(f"SELECT * FROM main.sales.items {table}")  #> table main.sales.items  #? a part of the statement
        return cursor.fetchall()


sql.connect(cfg.host, "/sql/1.0/endpoints/def", "token-at-hand").close()
sql.connect(cfg.host, http_path="sql/protocolv1/o/1/0101-abc")  #? a cluster is none of MLflow's resource types
SQLDatabase.from_databricks(catalog="main", schema="sales", warehouse_id="ghi")  #> sql_warehouse ghi  #? it offers every table of the schema
