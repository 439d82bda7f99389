import mlflow

from .models import chat
from .tools import search

AGENT = chat().bind_tools([search.TOOL])
mlflow.models.set_model(AGENT)
