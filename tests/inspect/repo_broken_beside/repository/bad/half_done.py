def search(query):
    return [
