"""Objects of the agent's own: what is set where, what hides what, what comes from above."""
from abc import ABC, abstractmethod

from databricks_langchain import ChatDatabricks


class Base:
    model = "base-class"
    kind = "base-kind"

    def __init__(self, name="base-name"):
        self.name = name
        self.step = "one"
        self.step = self.step + "-two"

    def ask(self):
        return ChatDatabricks(model=self.model)  #> serving_endpoint base-class; serving_endpoint child-class

    def named(self):
        return ChatDatabricks(model=self.name)  #> serving_endpoint base-name; serving_endpoint child-name; serving_endpoint grandchild

    def stepped(self):
        return ChatDatabricks(model=self.step)  #> serving_endpoint one-two


class Child(Base):
    model = "child-class"

    def __init__(self, extra):
        super().__init__("child-name")
        self.extra = extra
        self.kind = "own-kind"

    def kinds(self):
        return ChatDatabricks(model=self.kind)  #> serving_endpoint own-kind

    def extras(self):
        return ChatDatabricks(model=f"{self.extra}-{self.extra}")  #> serving_endpoint e2-e2


class GrandChild(Child):
    def __init__(self):
        Base.__init__(self, "grandchild")


Base().ask()
Child("e1").ask()
Child("e2").extras()
for each in (Base(), Child("e1"), GrandChild()):
    each.named()
Base().stepped()
Child("e1").kinds()
ChatDatabricks(model=Base.model)  #> serving_endpoint base-class
ChatDatabricks(model=Child.kind)  #> serving_endpoint base-kind


class Abstract(ABC):
    @abstractmethod
    def name(self): ...

    def run(self):
        return ChatDatabricks(model=self.name())  #> serving_endpoint concrete


class Concrete(Abstract):
    def name(self):
        return "concrete"


Concrete().run()


class First:
    def who(self):
        return "first"


class Second(First):
    def who(self):
        return "second-" + super().who()


class Third(First):
    def who(self):
        return "third-" + super().who()


class Both(Second, Third):
    pass


ChatDatabricks(model=Both().who())  #> serving_endpoint second-third-first


class Methods:
    prefix = "m"

    @classmethod
    def make(cls, name):
        found = cls()
        found.name = name
        return found

    @classmethod
    def prefixed(cls, name):
        return f"{cls.prefix}-{name}"

    @staticmethod
    def static(name):
        return f"static-{name}"

    @property
    def twice(self):
        return f"{self.name}-{self.name}"

    def __call__(self, name):
        return f"called-{name}"


class MoreMethods(Methods):
    prefix = "more"


ChatDatabricks(model=Methods.make("made").name)  #> serving_endpoint made
ChatDatabricks(model=Methods.make("made").twice)  #> serving_endpoint made-made
ChatDatabricks(model=Methods.prefixed("p"))  #> serving_endpoint m-p
ChatDatabricks(model=MoreMethods.prefixed("p"))  #> serving_endpoint more-p
ChatDatabricks(model=Methods.static("s"))  #> serving_endpoint static-s
ChatDatabricks(model=Methods().static("s"))  #> serving_endpoint static-s
ChatDatabricks(model=Methods()("c"))  #> serving_endpoint called-c
ChatDatabricks(model=Both.who(Both()))  #> serving_endpoint second-third-first


class Dynamic:
    def __getattr__(self, name):
        return name


ChatDatabricks(model=Dynamic().anything)  #? looked up by __getattr__


class Maybe:
    def __init__(self, flag):
        if flag:
            self.llm = "set"

    llm = "unset"


ChatDatabricks(model=Maybe(open("x")).llm)  #> serving_endpoint set; serving_endpoint unset
