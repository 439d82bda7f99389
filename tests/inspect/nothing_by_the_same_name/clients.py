"""Clients of the agent's own, for tests."""


class Endpoints:
    def query(self, name):
        return {"name": name}


class VectorSearchClient:
    def get_index(self, endpoint, name):
        return [endpoint, name]


class Completions:
    def create(self, model):
        return model


class Chat:
    completions = Completions()


class OpenAI:
    def __init__(self, base_url):
        self.chat = Chat()
