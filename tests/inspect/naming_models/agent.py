"""Dataclasses, pydantic models, named tuples and the like: fields, defaults, factories, those above."""
from collections import namedtuple
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypedDict

import attrs
from databricks_langchain import ChatDatabricks
from pydantic import BaseModel, Field, field_validator


@dataclass
class Base:
    llm: str = "base-llm"
    tags: list = field(default_factory=lambda: ["tag-a", "tag-b"])


@dataclass
class Derived(Base):
    judge: str = field(default="judge")
    hidden: str = field(default="hidden", init=False)
    made: str = ""

    def __post_init__(self):
        self.made = f"{self.llm}-{self.judge}"

    def ask(self):
        return ChatDatabricks(model=self.judge)  #> serving_endpoint judge; serving_endpoint d2


ChatDatabricks(model=Base().llm)  #> serving_endpoint base-llm
ChatDatabricks(model=Base("positional").llm)  #> serving_endpoint positional
ChatDatabricks(model=Base().tags[1])  #> serving_endpoint tag-b
ChatDatabricks(model=Derived().judge)  #> serving_endpoint judge
ChatDatabricks(model=Derived("x", judge="d2").judge)  #> serving_endpoint d2
ChatDatabricks(model=Derived("x").made)  #> serving_endpoint x-judge
ChatDatabricks(model=Derived().hidden)  #> serving_endpoint hidden
ChatDatabricks(model=replace(Base(), llm="replaced").llm)  #> serving_endpoint replaced
Derived().ask()
Derived(judge="d2").ask()


class Config(BaseModel):
    llm: str
    judge: str = Field(default="field-default", description="d")
    embed: str = Field("first-argument")
    nested: Base = Base("nested")
    required: str = Field(..., description="r")
    checked: str = "unchecked"

    @field_validator("checked")
    @classmethod
    def check(cls, value):
        return value.upper()


config = Config(llm="given", required="required")
ChatDatabricks(model=config.llm)  #> serving_endpoint given
ChatDatabricks(model=config.judge)  #> serving_endpoint field-default
ChatDatabricks(model=config.embed)  #> serving_endpoint first-argument
ChatDatabricks(model=config.nested.llm)  #> serving_endpoint nested
ChatDatabricks(model=config.required)  #> serving_endpoint required
ChatDatabricks(model=config.checked)  #> serving_endpoint unchecked  #? a validator may change `checked`
ChatDatabricks(model=Config.model_validate({"llm": "validated", "required": "r"}).llm)  #> serving_endpoint validated
ChatDatabricks(model=Config(**{"llm": "spread", "required": "r"}).llm)  #> serving_endpoint spread
ChatDatabricks(model=config.model_copy(update={"llm": "copied"}).llm)  #> serving_endpoint copied
ChatDatabricks(model=config.model_dump()["llm"])  #> serving_endpoint given


class Point(NamedTuple):
    llm: str
    judge: str = "tuple-judge"


ChatDatabricks(model=Point("tuple-llm").llm)  #> serving_endpoint tuple-llm
ChatDatabricks(model=Point("tuple-llm").judge)  #> serving_endpoint tuple-judge
ChatDatabricks(model=Point("tuple-llm")[1])  #> serving_endpoint tuple-judge
Old = namedtuple("Old", ["llm", "judge"])
ChatDatabricks(model=Old("old-llm", "old-judge").judge)  #? is known only when it runs


class Typed(TypedDict):
    llm: str


typed: Typed = {"llm": "typed"}
ChatDatabricks(model=typed["llm"])  #> serving_endpoint typed
ChatDatabricks(model=Typed(llm="typed-call")["llm"])  #> serving_endpoint typed-call


@attrs.define
class Attrs:
    llm: str = "attrs-llm"
    judge: str = attrs.field(default="attrs-judge")
    names: list = attrs.field(factory=list)


ChatDatabricks(model=Attrs().llm)  #> serving_endpoint attrs-llm
ChatDatabricks(model=Attrs().judge)  #> serving_endpoint attrs-judge
ChatDatabricks(model=Attrs(llm="attrs-given").llm)  #> serving_endpoint attrs-given
