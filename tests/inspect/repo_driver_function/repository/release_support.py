from tooling.registry import register


def main(llm="chat-small"):
    register("support/agent.py", [llm])


if __name__ == "__main__":
    main()
