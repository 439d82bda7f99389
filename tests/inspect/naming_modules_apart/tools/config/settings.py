class Settings:
    llm = "config-object"


settings = Settings()
