"""Whichever engine does it: the same events, the same records, the same errors."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import RealClock
from agentry.deploy import EmbeddedEngine
from agentry.engine.backend import FileBackend
from agentry.engine.events import (
    Difference,
    Event,
    Finished,
    Message,
    Op,
    Operation,
    StepDone,
    StepFailed,
    StepPlanned,
)
from agentry.engine.passphrase import Secrets
from agentry.errors import AgentryError, DeploymentFailed, Interrupted, ProgramError, StackLocked, WrongPassphrase
from tests.engine.playground import PASSPHRASE, SALT, Playground, children, name_of
from tests.engine.test_interruption import until_called, until_gone

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.deploy import Engine
    from agentry.deploy.pulumi import PulumiEngine

pytestmark = pytest.mark.process

PREVIEW, UP, REFRESH, DESTROY = Operation.PREVIEW, Operation.UP, Operation.REFRESH, Operation.DESTROY
TWO = 'g = Group("g")\na = Thing("a", value="x", opts=ResourceOptions(parent=g))\nThing("b", value=a.serial)\n'


@dataclass
class Seen:
    """What an operation told, without times; `text` is everything that a person or a machine can read of it."""

    events: list[Event] = field(default_factory=list)
    error: AgentryError | None = None

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def steps(self) -> set[str]:
        return {f"{event.op.value} {name_of(event.urn)}" for event in self.of(StepPlanned)}

    @property
    def changes(self) -> set[str]:
        return {step for step in self.steps if not step.startswith("same ")}

    @property
    def lines(self) -> list[str]:
        return [event.text for event in self.of(Message) if event.severity != "debug"]

    @property
    def finished(self) -> Finished:
        last = self.events[-1]
        assert isinstance(last, Finished)
        return last

    @property
    def text(self) -> str:
        return f"{self.events} {self.error}"


async def run(
    engine: Engine, playground: Playground, operation: Operation = UP, *, refresh: bool = False, **stack: Any
) -> Seen:
    seen = Seen()
    before = children()
    try:
        changed = dataclasses.replace(playground.stack, **stack)
        await engine.run(operation, changed, listen=seen.events.append, refresh=refresh)
    except AgentryError as error:
        seen.error = error
    assert children() <= before, "a process outlived the run"
    return seen


def timeless(events: list[Event]) -> list[str]:
    """The steps and the end, however they were interleaved, and whatever order their properties are in."""
    told = [(type(event).__name__, dataclasses.asdict(event)) for event in events if not isinstance(event, Message)]
    return sorted(f"{kind} {json.dumps(fields | {'seconds': 0}, sort_keys=True)}" for kind, fields in told)


async def test_a_preview_plans_and_writes_nothing_at_all(engine: Engine, playground: Playground) -> None:
    playground.program(TWO)
    (playground.root / "Pulumi.dev.yaml").write_text("config: {}\n")
    seen = await run(engine, playground, PREVIEW)
    assert seen.error is None
    assert seen.steps == {"create shop-dev", "create g", "create a", "create b"}
    assert not seen.of(StepDone)
    assert seen.finished.changes == {"create": 4}
    assert not list(playground.state.rglob("*.json"))
    assert playground.things == {}
    assert (playground.root / "Pulumi.dev.yaml").read_text() == "config: {}\n"


async def test_an_update_says_how_each_step_ended(engine: Engine, playground: Playground) -> None:
    playground.program(TWO + 'print("hello")\npulumi.log.warn("careful")\nexport("serial", a.serial)')
    playground.fault(create_b="log")
    seen = await run(engine, playground)
    done = {name_of(event.urn): event for event in seen.of(StepDone)}
    assert set(done) == {"shop-dev", "g", "a", "b"}
    assert done["a"].outputs == {"value": "x", "size": 1, "length": 1, "serial": 1}
    planned = {name_of(event.urn): event for event in seen.of(StepPlanned)}
    assert name_of(planned["a"].parent) == "g"
    assert (planned["a"].custom, planned["g"].custom) == (True, False)
    assert (seen.finished.operation, seen.finished.succeeded) == (UP, True)
    assert seen.finished.outputs == {"serial": 1}
    assert {"hello", "careful"} <= set(seen.lines)
    of_b = [(event.severity, event.text, event.ephemeral) for event in seen.of(Message) if name_of(event.urn) == "b"]
    assert of_b == [("info", "half way", True), ("warning", "take care", False)]
    assert (await run(engine, playground, PREVIEW)).changes == set()


@pytest.mark.cli
@pytest.mark.parametrize("story", ["life", "others"])
async def test_both_tell_the_same_event_by_event(
    story: str, pulumi: PulumiEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived = {"life": life, "others": others}[story]
    lives = []
    for engine in (EmbeddedEngine(), pulumi):
        (tmp_path / type(engine).__name__).mkdir()
        playground = Playground(tmp_path / type(engine).__name__)
        monkeypatch.setenv("WORLD_FILE", str(playground.world_file))
        lives.append([timeless((await step).events) for step in lived(engine, playground)])
    assert lives[0] == lives[1]


def life(engine: Engine, playground: Playground) -> Any:
    """A create, an update, a replacement, drift that is found, and everything gone."""
    playground.program(TWO + 'Thing("c", value=Output.secret("hunter22"), tree={"x": 1})\nexport("v", a.value)')
    yield run(engine, playground, PREVIEW)
    yield run(engine, playground)
    yield run(engine, playground)
    playground.program(
        'g = Group("g")\na = Thing("a", value="x", fixed=1, opts=ResourceOptions(parent=g))\n'
        'Thing("c", value=Output.secret("swordfish"), tree={"x": 2}, more=["q"])'
    )
    yield run(engine, playground, PREVIEW)
    yield run(engine, playground)
    with playground.world() as world:
        changed = next(thing for key, thing in world["things"].items() if key.startswith("a-"))
        changed |= {"value": "drift", "added": True}
        world["things"] = {key: thing for key, thing in world["things"].items() if key[0] != "c"}
    yield run(engine, playground, PREVIEW, refresh=True)
    yield run(engine, playground, REFRESH)
    yield run(engine, playground)
    yield run(engine, playground, DESTROY)


def others(engine: Engine, playground: Playground) -> Any:
    """What somebody else made: read, adopted, and let go."""
    playground.program('Thing("a", value="x")')
    yield run(engine, playground)
    playground.program(
        'Thing("a", value="x")\nThing("r", opts=ResourceOptions(id="a-1"))\n'
        'Thing("i", value="x", opts=ResourceOptions(import_="a-1"))'
    )
    yield run(engine, playground)
    yield run(engine, playground, PREVIEW)
    playground.program('Thing("a", value="x")')
    yield run(engine, playground)


async def test_differences_have_old_and_new_values_and_no_secret(engine: Engine, playground: Playground) -> None:
    text = 'Thing("a", value="{value}", tree={{"x": {{"y": {y}}}}}, secret=Output.secret("{secret}"))'
    playground.program(text.format(value="x", y=1, secret="hunter22"))
    await run(engine, playground)
    playground.program(text.format(value="y", y=2, secret="swordfish"))
    seen = await run(engine, playground, PREVIEW)
    differences = [one for event in seen.of(StepPlanned) for one in event.differences]
    assert differences == [
        Difference("secret", "update", "[secret]", "[secret]"),
        Difference("tree", "update", {"x": {"y": 1}}, {"x": {"y": 2}}),
        Difference("value", "update", "x", "y"),
    ]


async def test_a_failed_step_has_its_reason_and_the_rest_is_recorded(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", after="b")\nThing("b")')
    playground.fault(create_b="error")
    seen = await run(engine, playground)
    assert [(name_of(one.urn), one.op, one.reasons, one.partial) for one in seen.of(StepFailed)] == [
        ("b", Op.CREATE, ("the world refuses to create b",), False)
    ]
    assert isinstance(seen.error, DeploymentFailed)
    assert str(seen.error) == "the deployment failed: a step did not succeed"
    assert not seen.finished.succeeded
    assert set(playground.records()) == {"a", "shop-dev"}
    assert "Traceback" not in seen.text


async def test_what_was_made_and_is_not_ready_is_said_to_be_there(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    playground.fault(create_a="unready")
    seen = await run(engine, playground)
    (failed,) = seen.of(StepFailed)
    assert (failed.reasons, failed.partial) == (("a is not ready",), True)
    assert (await engine.resources(playground.stack))[-1].init_errors == ("a is not ready",)
    playground.fault()
    assert (await run(engine, playground)).changes == {"update a"}


async def test_what_check_refuses_is_of_its_resource_below_its_parent(engine: Engine, playground: Playground) -> None:
    playground.program('g = Group("g")\nThing("a", value="bad", opts=ResourceOptions(parent=g))')
    seen = await run(engine, playground, PREVIEW)
    (failed,) = seen.of(StepFailed)
    assert (name_of(failed.urn), failed.op, failed.reasons) == ("a", Op.CREATE, ("value: bad is no value",))
    assert name_of(failed.parent) == "g"
    assert str(seen.error) == "the preview failed: a step did not succeed"


async def test_a_failing_program_is_an_error_with_its_line(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a")\nraise ValueError("no such luck")')
    line = (playground.root / "__main__.py").read_text().splitlines().index('raise ValueError("no such luck")') + 1
    seen = await run(engine, playground)
    assert isinstance(seen.error, ProgramError)
    assert (seen.error.what, seen.error.where) == ("ValueError: no such luck", f"__main__.py:{line}")


async def test_a_program_may_log_errors_and_end_in_its_own_words(engine: Engine, playground: Playground) -> None:
    playground.program('pulumi.log.error("logged")')
    seen = await run(engine, playground)
    assert seen.error is None
    assert [event.text for event in seen.of(Message) if event.severity == "error"] == ["logged"]
    playground.program('raise pulumi.RunError("it is wrong\\nbecause of this")')
    seen = await run(engine, playground, PREVIEW)
    assert isinstance(seen.error, ProgramError)
    assert "it is wrong\nbecause of this" in str(seen.error)
    assert "exit" not in str(seen.error)


async def test_no_secret_is_in_any_event_or_error(engine: Engine, playground: Playground) -> None:
    configured = Secrets.open(PASSPHRASE, SALT).encrypt("config-canary")
    playground.configure(**{"shop:token": f"{{secure: '{configured}'}}"})
    secret = 'token = pulumi.Config().require_secret("token")\n'
    thing = 'Thing("a", value=token, other=Output.secret("state-canary"), size={size})\nexport("token", token)\n'
    playground.program(secret + thing.format(size=1) + 'token.apply(lambda text: print("it is", text))')
    texts = [(await run(engine, playground, PREVIEW)).text, (await run(engine, playground)).text]
    playground.program(secret + thing.format(size=2))
    playground.fault(update_a="tell")
    texts.append((failed := await run(engine, playground)).text)
    assert failed.of(StepFailed)[0].reasons == ("this is no value: [secret]",)
    playground.program(secret + 'token.apply(lambda text: 1 / 0 if text else 1)\nraise ValueError("state-canary")')
    texts.append((await run(engine, playground)).text)
    playground.program(secret + 'Thing("b", value=Output.secret("bad"))')
    texts.append((await run(engine, playground)).text)
    assert "value: bad is no value" in texts[-1]
    texts.append((await run(engine, playground, DESTROY)).text)
    texts += [str(await engine.resources(playground.stack)), str(await engine.outputs(playground.stack))]
    assert [text for text in texts if "canary" in text] == []
    assert any("[secret]" in text for text in texts)


async def test_a_secret_that_came_up_in_the_same_run_is_not_told_by_its_provider(
    engine: Engine, playground: Playground
) -> None:
    playground.program('Thing("a", value=Output.secret("new-canary"))')
    playground.fault(create_a="tell")
    seen = await run(engine, playground)
    assert seen.of(StepFailed)[0].reasons == ("this is no value: [secret]",)
    assert "canary" not in seen.text


async def test_a_refresh_finds_what_was_changed_by_hand(engine: Engine, playground: Playground) -> None:
    playground.program(TWO)
    await run(engine, playground)
    with playground.world() as world:
        world["things"]["a-1"]["value"] = "drift"
        del world["things"]["b-1"]
    before = playground.checkpoint_file.read_bytes()
    preview = await run(engine, playground, PREVIEW, refresh=True)
    assert {"update a", "delete b"} <= preview.steps
    assert playground.checkpoint_file.read_bytes() == before
    seen = await run(engine, playground, REFRESH)
    assert seen.finished.changes == {"update": 1, "delete": 1}
    found = [one for event in seen.of(StepPlanned) for one in event.differences]
    assert found == [Difference("value", "update", "x", "drift")]
    assert (await run(engine, playground)).changes == {"update a", "create b"}


async def test_a_destroy_takes_everything_and_a_second_is_nothing(engine: Engine, playground: Playground) -> None:
    playground.program(TWO)
    await run(engine, playground)
    seen = await run(engine, playground, DESTROY)
    assert seen.finished.changes == {"delete": 4}
    assert playground.things == {}
    assert await engine.resources(playground.stack) == ()
    again = await run(engine, playground, DESTROY)
    assert (again.error, again.finished.changes) == (None, {})


async def test_only_so_many_changes_run_side_by_side(engine: Engine, playground: Playground) -> None:
    """Each of the two creates would wait for the other."""
    playground.program('Thing("a", together=1)\nThing("b", together=1)')
    await engine.run(UP, playground.stack, listen=lambda _: None, parallel=1)
    assert set(playground.things) == {"a-1", "b-1"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_in_order_and_says_how_to_go_on(
    engine: Engine, playground: Playground, number: signal.Signals
) -> None:
    playground.program('a = Thing("a", value="x")\nThing("b", value=a.serial)')
    playground.fault(create_a="stall")
    running = asyncio.ensure_future(run(engine, playground))
    provider = await until_called(playground, "create a")
    os.kill(os.getpid(), number)
    seen = await running
    assert isinstance(seen.error, Interrupted)
    assert seen.error.fix.startswith("agentry up --stack dev")
    assert not seen.finished.succeeded
    assert any("once more ends at once" in line for line in seen.lines)
    assert not any("Traceback" in line for line in seen.lines)
    assert playground.records()["a"].init_errors == ("a is not ready",)
    assert not list(playground.state.glob(".pulumi/locks/**/*.json"))
    assert await until_gone(provider)
    playground.fault()
    assert (await run(engine, playground)).changes == {"update a", "create b"}


async def test_a_second_signal_ends_at_once(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    playground.fault(create_a="hang")
    warned = asyncio.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Message) and "once more" in event.text:
            warned.set()

    running = asyncio.ensure_future(engine.run(UP, playground.stack, listen=listen))
    provider = await until_called(playground, "create a")
    os.kill(os.getpid(), signal.SIGINT)
    await warned.wait()
    assert not running.done()
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Interrupted):
        await running
    assert [pending.kind for pending in playground.checkpoint().pending] == ["creating"]
    assert await until_gone(provider)


async def test_whoever_works_on_the_stack_is_respected(engine: Engine, playground: Playground) -> None:
    store = FileBackend(playground.stack.backend, "shop", base=playground.root, clock=RealClock())
    with store.lock("dev", pytest.fail):
        seen = await run(engine, playground)
    assert isinstance(seen.error, StackLocked)
    assert str(os.getpid()) in str(seen.error)


async def test_a_wrong_passphrase_is_one_error(engine: Engine, playground: Playground) -> None:
    seen = await run(engine, playground, passphrase="another")
    assert isinstance(seen.error, WrongPassphrase)
    assert not playground.checkpoint_file.exists()


async def test_settings_can_be_others_for_one_run(engine: Engine, playground: Playground) -> None:
    secret = Secrets.open(PASSPHRASE, SALT).encrypt("swordfish")
    playground.configure(
        **{"world:region": "north", "shop:kind": "wide", "shop:token": f"{{secure: '{secret}'}}", "shop:no": "'no'"}
    )
    playground.program(
        'c = pulumi.Config()\nexport("seen", [c.get("kind"), c.get("no")])\nexport("token", c.require_secret("token"))'
        '\nexport("length", c.require_secret("token").apply(len))\nThing("a")'
    )
    before = (playground.root / "Pulumi.dev.yaml").read_text()
    seen = await run(engine, playground, config_overrides={"shop:kind": "narrow", "world:region": None})
    assert seen.error is None
    assert seen.finished.outputs == {"seen": ["narrow", "no"], "token": "[secret]", "length": "[secret]"}
    providers = [one for one in playground.checkpoint().resources if one.type == "pulumi:providers:world"]
    assert providers[0].inputs == {}
    assert (playground.root / "Pulumi.dev.yaml").read_text() == before


async def test_a_run_against_the_sandbox_keeps_its_state_and_salt_apart(engine: Engine, playground: Playground) -> None:
    secret = Secrets.open(PASSPHRASE, SALT).encrypt("swordfish")
    playground.configure(**{"shop:token": f"{{secure: '{secret}'}}"})
    playground.program(
        'token = pulumi.Config().require_secret("token")\nexport("same", token.apply(lambda t: t == "swordfish"))'
        '\nexport("token", token)'
    )
    before = (playground.root / "Pulumi.dev.yaml").read_text()
    apart: dict[str, Any] = {"apart": True, "passphrase": "", "backend": f"file://{playground.state}/apart"}
    for _ in range(2):
        seen = await run(engine, playground, config_passphrase=PASSPHRASE, **apart)
        assert seen.error is None
    stack = dataclasses.replace(playground.stack, **apart)
    assert await engine.outputs(stack, show_secrets=True) == {"same": True, "token": "swordfish"}
    assert (playground.root / "Pulumi.dev.yaml").read_text() == before
    assert not playground.checkpoint_file.exists()
    assert isinstance((await run(engine, playground, **apart)).error, WrongPassphrase)


@pytest.mark.cli
async def test_one_state_by_turns(pulumi: PulumiEngine, playground: Playground) -> None:
    """Neither finds anything to do after the other, nor asks for anything to be changed."""
    playground.program(TWO + 'Thing("s", value=Output.secret("hunter22"))\nexport("s", Output.secret("hunter22"))')
    turns: list[Engine] = [EmbeddedEngine(), pulumi]
    assert (await run(pulumi, playground)).error is None
    for engine in (*turns, *turns):
        assert (await run(engine, playground, PREVIEW)).changes == set()
        assert (await run(engine, playground)).changes == set()
    playground.calls()
    for index, engine in enumerate((*turns, *turns)):
        playground.program(TWO.replace('"x"', f'"{index}"'))
        assert (await run(engine, playground)).error is None
    assert playground.calls("create", "delete") == {"delete s": 1}


@pytest.mark.cli
async def test_the_cli_has_a_home_of_its_own(pulumi: PulumiEngine, playground: Playground, tmp_path: Path) -> None:
    playground.program(TWO)
    await run(pulumi, playground)
    assert not (tmp_path / "home").exists()
    home = playground.root / ".agentry" / "pulumi"
    assert home.is_dir()
    assert not list(home.rglob("credentials.json"))
    assert not list(home.glob("workspaces/*"))
