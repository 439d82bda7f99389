"""A churn model and a chat endpoint, asked by MLflow's deployments client in each way of making it."""
import mlflow.deployments
from databricks_langchain.utils import get_deployment_client
from mlflow.deployments import get_deploy_client, set_deployments_target

set_deployments_target("databricks")


class Churn:
    def __init__(self, endpoint):
        self.deploy_client = mlflow.deployments.get_deploy_client("databricks")
        self.endpoint = endpoint

    def predict(self, rows):
        return self.deploy_client.predict(endpoint=self.endpoint, inputs={"dataframe_records": rows})  #> serving_endpoint churn


Churn("churn").predict([])
get_deploy_client().predict(endpoint="by-target", inputs={})  #> serving_endpoint by-target
get_deploy_client("databricks://prod").predict(None, {"messages": []}, "third")  #> serving_endpoint third
client = get_deploy_client(target_uri="databricks")
client.get_endpoint(endpoint="looked-at")  #> serving_endpoint looked-at
client.list_endpoints()  #? what it finds is known only when it runs
client.predict_stream(endpoint="stream", inputs={})  #> serving_endpoint stream
client.predict(inputs={})  #? `endpoint` is not given
utils = get_deployment_client("databricks")
utils.predict(endpoint="utils", inputs={})  #> serving_endpoint utils
utils.predict_stream(endpoint="utils-stream", inputs={})  #> serving_endpoint utils-stream
gateway = get_deploy_client("http://localhost:5000")
gateway.predict(endpoint="chat", inputs={})
gateway.list_endpoints()
