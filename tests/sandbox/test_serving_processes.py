"""Real models in real processes, under the environment of the echo agent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import RealClock
from agentry.sandbox import chat
from agentry.sandbox.mode import Mode
from agentry.sandbox.serving import process
from agentry.sandbox.serving.config import READY
from agentry.sandbox.serving.environments import Environments, Requirements
from agentry.sandbox.serving.process import Start, StartFailed, process_environment, start_process
from tests.sandbox.serving_agents import PLAIN_MODEL, chat_agent
from tests.sandbox.serving_workspace import Workspace, config, entity, running, settled, until, write_model

if TYPE_CHECKING:
    from pathlib import Path

    from httpx import Response

    from agentry.sandbox.web import Json

pytestmark = pytest.mark.process

URL = "/api/2.0/serving-endpoints"
LOADER: dict[str, Any] = {"loader": "mlflow.pyfunc.loaders.chat_agent", "task": "agent/v2/chat"}


async def bring_up(workspace: Workspace, *entities: Json, name: str = "e", **shares: int) -> Json:
    body = {"name": name, "config": config(*entities, **shares)}
    created = await workspace.deployer.post(URL, json=body)
    assert created.status_code == 200, created.text
    return await settled(workspace.deployer, name)


async def ask(workspace: Workspace, text: str, path: str = "e/invocations", **said: object) -> Response:
    body = {"messages": [{"role": "user", "content": text}], **said}
    return await workspace.deployer.post(f"/serving-endpoints/{path}", json=body)


async def answer(workspace: Workspace, text: str, path: str = "e/invocations") -> str:
    got = await ask(workspace, text, path)
    assert got.status_code == 200, got.text
    return str(got.json()["messages"][-1]["content"])


async def log(workspace: Workspace, entity: str, kind: str = "logs") -> str:
    got = await workspace.deployer.get(f"{URL}/e/served-models/{entity}/{kind}")
    return str(got.json()["logs"])


async def test_an_agent_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABRICKS_TOKEN", "MLFLOW_TRACKING_URI", "PULUMI_CONFIG", "AGENTRY_ANYTHING"):
        monkeypatch.setenv(name, "of the sandbox")
    async with running(tmp_path) as workspace:
        await workspace.deployer.post("/api/2.0/secrets/scopes/create", json={"scope": "s"})
        secret = {"scope": "s", "key": "k", "string_value": "the secret"}
        await workspace.deployer.post("/api/2.0/secrets/put", json=secret)
        version = workspace.version(chat_agent("one"), **LOADER)
        variables = {"SAID": "yes", "KEPT": "{{secrets/s/k}}"}
        endpoint = await bring_up(workspace, entity(version, name="a", environment_vars=variables))
        assert endpoint["state"] == {"ready": "READY", "config_update": "NOT_UPDATING"}
        assert endpoint["task"] == "agent/v2/chat"
        shown = endpoint["config"]["served_entities"][0]
        assert shown["environment_vars"] == variables

        # It answers in every form.
        assert await answer(workspace, "hello") == "one"
        assert await answer(workspace, "hello", "e/served-models/a/invocations") == "one"
        by_model = await ask(workspace, "hello", "chat/completions", model="e")
        assert by_model.json()["messages"][0]["content"] == "one"
        streamed = await ask(workspace, "word by word", stream=True)
        assert [json.loads(line[6:])["delta"]["content"] for line in streamed.text.split("\n\n")[:3]] == [
            "word",
            "by",
            "word",
        ]
        assert streamed.text.endswith("data: [DONE]\n\n")

        # It sees what it was given, and nothing of who started the sandbox.
        seen = json.loads(await answer(workspace, "surroundings"))
        environment = seen["environment"]
        assert (environment["SAID"], environment["KEPT"]) == ("yes", "the secret")
        assert "of the sandbox" not in environment.values()
        assert not {name for name in environment if name.startswith(("PULUMI_", "AGENTRY_"))}
        assert not os.path.exists(environment["DATABRICKS_CONFIG_FILE"])
        assert environment["HOME"] != os.environ["HOME"]
        assert seen["cwd"] != os.getcwd()
        assert seen["stdin"] == ""
        assert not [path for path in seen["path"] if "agentry/sandbox" in path]

        # Many at once.
        answers = await asyncio.gather(*(answer(workspace, "slowly 0.3") for _ in range(40)))
        assert set(answers) == {"one"}
        assert "asked hello" in await log(workspace, "a")
        assert "Python 3." in await log(workspace, "a", "build-logs")
        assert "the secret" not in await log(workspace, "a", "build-logs")


async def test_what_is_declared_is_reached_and_nothing_else(tmp_path: Path) -> None:
    async with running(tmp_path) as workspace:
        declared = workspace.version(chat_agent("a"), resources={"serving_endpoint": [{"name": chat.NAME}]}, **LOADER)
        nothing = workspace.version(chat_agent("b"), **LOADER)
        both = (entity(declared, name="a"), entity(nothing, name="b"))
        await bring_up(workspace, *both, a=50, b=50)
        first, second = "e/served-models/a/invocations", "e/served-models/b/invocations"
        assert await answer(workspace, f"call {chat.NAME}", first) == "200"
        refused = await answer(workspace, "call e", first)
        assert refused.startswith("403")
        assert "serving_endpoint 'e'" in refused
        assert await answer(workspace, f"call {chat.NAME}", second) == "no file"
        assert await answer(workspace, "sdk", first) == workspace.state.address

        # The error that the unmodified SDK raises in the served process is the answer.
        failed = await ask(workspace, "sdk", second)
        assert failed.status_code == 400
        assert failed.json()["error_code"] == "BAD_REQUEST"
        assert "default auth: cannot configure default credentials" in failed.json()["message"]


async def test_no_question_is_lost_while_versions_change(tmp_path: Path) -> None:
    async with running(tmp_path) as workspace:
        versions = [workspace.version(chat_agent(name), **LOADER) for name in ("one", "two")]
        await bring_up(workspace, entity(versions[0], name="a"))
        stop = asyncio.Event()
        got: list[str] = []

        async def keep_asking() -> None:
            while not stop.is_set():
                got.append(await answer(workspace, "slowly 0.2"))

        asking = [asyncio.create_task(keep_asking()) for _ in range(5)]
        await until(lambda: len(got) >= 5)
        await workspace.deployer.put(f"{URL}/e/config", json=config(entity(versions[1], name="b")))
        endpoint = await settled(workspace.deployer, "e")
        assert endpoint["config"]["served_entities"][0]["name"] == "b"
        before = len(got)
        await until(lambda: len(got) >= before + 10)
        stop.set()
        await asyncio.gather(*asking)
        assert set(got) == {"one", "two"}
        assert got[-1] == "two"


async def test_a_version_that_can_not_be_served_leaves_the_old_one(tmp_path: Path) -> None:
    async with running(tmp_path) as workspace:
        good = workspace.version(chat_agent("one"), **LOADER)
        bad_import = workspace.version("import no_such_module_anywhere", **LOADER)
        bad_package = workspace.version(chat_agent("three"), requirements="./nowhere-1-py3-none-any.whl\n", **LOADER)
        no_secret = entity(good, name="b", environment_vars={"A": "{{secrets/no/where}}"})
        await bring_up(workspace, entity(good, name="a"))
        for broken, why, kind in (
            (entity(bad_import, name="b"), "No module named 'no_such_module_anywhere'", "logs"),
            (entity(bad_package, name="b"), "nowhere-1-py3-none-any.whl", "build-logs"),
            (no_secret, "Scope no does not exist", "build-logs"),
        ):
            await workspace.deployer.put(f"{URL}/e/config", json=config(broken))
            endpoint = await settled(workspace.deployer, "e")
            assert endpoint["state"] == {"ready": "READY", "config_update": "UPDATE_FAILED"}
            state = endpoint["pending_config"]["served_entities"][0]["state"]
            assert state["deployment"] == "DEPLOYMENT_FAILED"
            assert why in state["deployment_state_message"]
            assert why in await log(workspace, "b", kind)
            assert await answer(workspace, "hello") == "one"
        kept = list((tmp_path / "local" / "serving" / "e").iterdir())
        assert len(kept) == 2


async def test_after_a_crash_and_after_a_restart_it_runs_again(tmp_path: Path) -> None:
    async with running(tmp_path) as workspace:
        version = workspace.version(chat_agent("one"), **LOADER)
        await bring_up(workspace, entity(version, name="a"))
        assert (await ask(workspace, "die")).status_code == 503
        # Whoever asks meanwhile waits.
        assert await answer(workspace, "hello") == "one"
        assert (await settled(workspace.deployer, "e"))["state"]["ready"] == "READY"
    async with running(tmp_path) as again:
        endpoint = (await again.deployer.get(f"{URL}/e")).json()
        assert endpoint["state"]["ready"] == "NOT_READY"
        assert endpoint["config"]["served_entities"][0]["state"]["deployment"] == "DEPLOYMENT_RECOVERING"
        assert await answer(again, "hello") == "one"
        assert (await again.deployer.get(f"{URL}/e")).json()["state"]["ready"] == "READY"
        await again.deployer.delete(f"{URL}/e")
        await until(lambda: not (tmp_path / "local" / "serving" / "e").exists())


async def test_a_plain_model(tmp_path: Path) -> None:
    async with running(tmp_path) as workspace:
        version = workspace.version(PLAIN_MODEL)
        await bring_up(workspace, entity(version, name="a"))
        url = "/serving-endpoints/e/invocations"
        records = {"dataframe_records": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}
        assert (await workspace.deployer.post(url, json=records)).json() == {
            "predictions": [{"0": 3}, {"0": 7}]
        }  # a Series, as MLflow writes it
        split = {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2]]}}
        assert (await workspace.deployer.post(url, json=split)).json() == {"predictions": [{"0": 3}]}
        refused = await workspace.deployer.post(url, json={"question": 1})
        assert refused.status_code == 400
        assert "exactly one of the input fields" in refused.json()["message"]


async def test_it_ends_with_the_sandbox(tmp_path: Path) -> None:
    served = await start_process(await quick_start(tmp_path, "loaded = 1"))
    assert served._process.stdin is not None
    # All that the death of the sandbox does: the kernel closes its end of the pipe.
    served._process.stdin.close()
    assert await asyncio.wait_for(served.exited(), 10) == 0
    await served.stop()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit(7)", "SystemExit: 7"),
        ("import os; os._exit(1)", "the process ended while the model was loading"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
async def test_a_model_that_does_not_load(tmp_path: Path, code: str, why: str) -> None:
    with pytest.raises(StartFailed) as failed:
        await start_process(await quick_start(tmp_path, code))
    assert failed.value.what == why


async def test_a_model_that_loads_for_ever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[asyncio.subprocess.Process] = []
    end = process._end

    async def recorded(what: asyncio.subprocess.Process) -> None:
        await end(what)
        ended.append(what)

    monkeypatch.setattr(process, "_end", recorded)
    monkeypatch.setattr(process, "START_SECONDS", 0.2)
    with pytest.raises(StartFailed, match="not loaded within"):
        await start_process(await quick_start(tmp_path, "import threading; threading.Event().wait()"))
    assert [what.returncode for what in ended] == [-signal.SIGTERM]


async def quick_start(directory: Path, code: str) -> Start:
    """A process with next to nothing in place of mlflow: for how processes begin and end, not for what they answer."""
    model = write_model(directory / "model", code, requirements="")
    python = await Environments(directory, RealClock()).ready(Requirements(model, ""), lambda _: None)
    package = next(python.parent.parent.glob("lib/python*/site-packages")) / "mlflow" / "pyfunc"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text("import runpy\n\ndef load_model(path): runpy.run_path(path + '/agent.py')\n")
    (package / "context.py").write_text("Context = set_prediction_context = None\n")
    (package / "scoring_server.py").write_text("invocations = None\n")
    return Start(python, model, "e", directory, process_environment({}, directory, python))


async def test_scaled_to_zero_and_back_with_the_next_question(tmp_path: Path) -> None:
    async with running(tmp_path, Mode(idle=0.2)) as workspace:
        workspace.version(chat_agent("hello"), **LOADER)
        await bring_up(workspace, entity(name="a", scale_to_zero_enabled=True))

        def state() -> Json:
            serving = workspace.endpoints.get("e").serving
            assert serving is not None
            return {**serving.entities[0].to_wire()["state"], "ready": workspace.endpoints.get("e").is_ready}

        zero = {"deployment": READY, "deployment_state_message": "Scaled to zero", "ready": True}
        await until(lambda: state() == zero)
        assert await answer(workspace, "hello")
        await until(lambda: state() == zero)
        said = await log(workspace, "a")
        assert said.count("[serving] scaled to zero: no question for 0.2 s") == 2
        assert said.count("[serving] cold start: ") == 1
