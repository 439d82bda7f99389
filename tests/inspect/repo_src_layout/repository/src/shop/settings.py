LLM = "chat-large"
TABLE = "shop.sales.orders"
