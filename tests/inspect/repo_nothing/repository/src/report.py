"""A model that is no agent."""

import mlflow
from sklearn.linear_model import LinearRegression

model = LinearRegression()
mlflow.sklearn.log_model(model, name="prices")
