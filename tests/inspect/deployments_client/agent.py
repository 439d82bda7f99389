"""MLflow's deployments client, of Databricks and of others."""
import mlflow
from mlflow.deployments import get_deploy_client

client = get_deploy_client("databricks")
client.predict(endpoint="one", inputs={"messages": []})  #> serving_endpoint one
for part in mlflow.deployments.get_deploy_client("databricks").predict_stream(endpoint="two", inputs={}):  #> serving_endpoint two
    print(part)
get_deploy_client("openai").predict(endpoint="three", inputs={})
get_deploy_client(input()).predict(endpoint="four", inputs={})  #? the target of the deployments client
client.list_endpoints()  #? what it finds is known only when it runs
