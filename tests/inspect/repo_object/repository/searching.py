from databricks.vector_search.client import VectorSearchClient


class Searcher:
    def search(self, text):
        index = VectorSearchClient().get_index("shared", "shop.support.articles")
        return index.similarity_search(text)
