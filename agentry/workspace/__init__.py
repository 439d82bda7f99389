"""The one door to Databricks: client, identity, waits, retries, registration."""
