"""Memory in Lakebase: provisioned instances are declared, autoscaling projects can not be."""
import os

from databricks_ai_bridge.lakebase import AsyncLakebasePool, AsyncLakebaseSQLAlchemy, LakebaseClient, LakebasePool
from databricks_ai_bridge.long_running import LongRunningAgentServer
from databricks_langchain import AsyncCheckpointSaver, AsyncDatabricksStore, CheckpointSaver, DatabricksEmbeddings, DatabricksStore
from databricks_openai.agents import AsyncDatabricksSession

INSTANCE = os.getenv("LAKEBASE_INSTANCE_NAME", "memory")
PROJECT = {"project": "agents", "branch": "main"}


def remember():
    with CheckpointSaver(instance_name=INSTANCE) as saver:  #> lakebase memory
        saver.setup()
    store = DatabricksStore(instance_name=INSTANCE, embeddings=DatabricksEmbeddings(endpoint="gte"))  #> lakebase memory; serving_endpoint gte
    return store


async def remember_later(session_id):
    async with AsyncCheckpointSaver(instance_name="later") as saver:  #> lakebase later
        await saver.setup()
    AsyncDatabricksStore(instance_name="later", embedding_endpoint="bge", embedding_dims=1024)  #> lakebase later; serving_endpoint bge
    return AsyncDatabricksSession(session_id, instance_name="sessions")  #> lakebase sessions


pool = LakebasePool(instance_name="pool")  #> lakebase pool
LakebaseClient(pool=pool).execute("SELECT 1")
LakebaseClient(instance_name="client")  #> lakebase client
AsyncLakebasePool(instance_name="async-pool")  #> lakebase async-pool
AsyncLakebaseSQLAlchemy(instance_name="alchemy", database="x")  #> lakebase alchemy
LongRunningAgentServer("ResponsesAgent", db_instance_name="long")  #> lakebase long
LongRunningAgentServer("ResponsesAgent", db_project="agents", db_branch="main")  #? not declarable: MLflow has a resource type for provisioned Lakebase
CheckpointSaver(project="agents", branch="main")  #? not declarable: MLflow has a resource type for provisioned Lakebase
DatabricksStore(**PROJECT, embedding_endpoint="bge", embedding_dims=8)  #> serving_endpoint bge  #? not declarable
AsyncLakebasePool(autoscaling_endpoint="projects/p/branches/b/endpoints/e")  #? not declarable: MLflow has a resource type for provisioned Lakebase
CheckpointSaver()  #? `instance_name` is not given
