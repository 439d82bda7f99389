def set_model(name: str) -> str:
    return name


set_model("not an agent")
