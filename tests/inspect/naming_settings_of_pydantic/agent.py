"""Settings of pydantic, which are read from the environment, whose case does not count."""
from databricks_langchain import ChatDatabricks
from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="AGENT_", env_file=".env")

    llm: str = "default-llm"
    judge: str = "default-judge"
    embed: str = Field("default-embed", validation_alias="EMBED_ENDPOINT")
    either: str = Field(default="default-either", validation_alias=AliasChoices("GONE", "OTHER"))
    needed: str
    secret: str = "default-secret"


class Old(BaseSettings):
    llm: str = "old-default"
    judge: str = Field("old-judge", env="OLD_JUDGE")

    class Config:
        env_prefix = "old_"


settings = Settings()
ChatDatabricks(model=settings.llm)  #> serving_endpoint from-environment
ChatDatabricks(model=settings.judge)  #> serving_endpoint default-judge
ChatDatabricks(model=settings.embed)  #> serving_endpoint by-alias
ChatDatabricks(model=settings.either)  #> serving_endpoint by-choice
ChatDatabricks(model=settings.needed)  #? the environment variable AGENT_NEEDED is not among
ChatDatabricks(model=settings.secret)  #? the environment variable AGENT_SECRET is a secret
ChatDatabricks(model=Settings(llm="given").llm)  #> serving_endpoint given
ChatDatabricks(model=Old().llm)  #> serving_endpoint old-environment
ChatDatabricks(model=Old().judge)  #> serving_endpoint old-judge
