"""Stores of state in Lakebase."""
from databricks_langchain import AsyncCheckpointSaver, CheckpointSaver, DatabricksStore

CheckpointSaver(instance_name="memory")  #> lakebase memory
AsyncCheckpointSaver(database_instance="older")  #> lakebase older
DatabricksStore(instance_name="memory", embedding_endpoint="bge", embedding_dims=3)  #> lakebase memory; serving_endpoint bge
