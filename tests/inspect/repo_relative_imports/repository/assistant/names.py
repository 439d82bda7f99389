LLM = "chat-large"
INDEX = "shop.support.articles"
