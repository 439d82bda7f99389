CATALOG = "main"
LLM = "big"
