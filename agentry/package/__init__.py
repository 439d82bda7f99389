"""The deterministic model directory of an agent, and its digest; no mlflow."""
