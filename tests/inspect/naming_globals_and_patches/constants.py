LLM = "from-constants"
JUDGE = "judge"
