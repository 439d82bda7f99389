"""What goes wrong, and that nothing made is lost by it; each body holds for the Pulumi CLI too, unless it says why not."""

from __future__ import annotations

import pytest

from agentry.engine.events import Operation
from agentry.engine.passphrase import Secrets
from agentry.errors import AgentCodeError, ConfigError, DeploymentFailed, ProgramError, Unsupported, WrongPassphrase
from tests.engine.playground import PASSPHRASE, SALT, Embedded, Engine, Playground
from tests.engine.test_lifecycle import steps

pytestmark = pytest.mark.process

PREVIEW, UP, DESTROY = Operation.PREVIEW, Operation.UP, Operation.DESTROY


async def test_a_create_beside_a_failing_one_is_recorded(engine: Engine, playground: Playground) -> None:
    """The program ends when `b` fails, and closes its channel in the middle of the create of `a`."""
    playground.program('Thing("a", after="b")\nThing("b")')
    playground.fault(create_b="error")
    failed = await engine.run(playground, UP)
    assert not failed.succeeded
    assert "the world refuses to create b" in failed.failed["b"]
    assert set(playground.things) == {"a-1"}
    assert playground.records()["a"].id == "a-1"
    assert "b" not in playground.records()
    assert playground.checkpoint().pending == ()

    playground.fault()
    playground.program('Thing("a", after="b")\nThing("b")')
    repaired = await engine.run(playground, UP)
    assert repaired.changes() == steps("create b")


async def test_after_a_failure_nothing_is_deleted(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("old")\nexport("was", 1)')
    await engine.run(playground, UP)
    playground.program('Thing("b")\nexport("is", 2)')
    playground.fault(create_b="error")
    failed = await engine.run(playground, UP)
    assert not failed.succeeded
    assert set(playground.things) == {"old-1"}
    assert "old" in playground.records()
    assert playground.records()["shop-dev"].outputs["was"] == 1


async def test_partial_creation_is_recorded_and_repaired_by_the_next_up(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    playground.fault(create_a="unready")
    failed = await engine.run(playground, UP)
    assert not failed.succeeded
    assert "a is not ready" in failed.failed["a"]
    assert playground.records()["a"].id == "a-1"
    assert playground.records()["a"].init_errors == ("a is not ready",)

    playground.fault()
    assert (await engine.run(playground, PREVIEW)).changes() == steps("update a")
    repaired = await engine.run(playground, UP)
    assert repaired.changes() == steps("update a")
    assert playground.records()["a"].init_errors == ()
    assert set(playground.things) == {"a-1"}


async def test_a_failed_update_leaves_the_record(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    await engine.run(playground, UP)
    playground.program('Thing("a", value="y")')
    playground.fault(update_a="error")
    assert not (await engine.run(playground, UP)).succeeded
    assert playground.records()["a"].inputs["value"] == "x"
    playground.fault()
    assert (await engine.run(playground, UP)).changes() == steps("update a")


async def test_a_refused_delete_keeps_what_it_uses_and_no_more(playground: Playground) -> None:
    """Pulumi's own engine stops the other deletes too."""
    playground.program('a = Thing("a")\nThing("b", value=a.serial)\nThing("c")')
    engine = Embedded()
    await engine.run(playground, UP)
    playground.fault(delete_b="error")
    failed = await engine.run(playground, DESTROY)
    assert set(failed.failed) == {"b"}
    assert isinstance(failed.error, DeploymentFailed)
    assert set(playground.things) == {"a-1", "b-1"}
    assert set(playground.records()) == {"a", "b", "shop-dev"}
    playground.fault()
    assert (await engine.run(playground, DESTROY)).succeeded
    assert playground.things == {}


async def test_what_check_refuses_is_told_at_the_preview(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="bad")')
    failed = await engine.run(playground, PREVIEW)
    assert not failed.succeeded
    assert "bad is no value" in failed.failed["a"]
    assert playground.things == {}


async def test_a_preview_tells_of_every_resource_that_would_fail(playground: Playground) -> None:
    """Pulumi's own engine tells of the first."""
    playground.program('Thing("a", value="bad")\nThing("b", value="bad")')
    failed = await Embedded().run(playground, PREVIEW)
    assert set(failed.failed) == {"a", "b"}


async def test_what_is_wrong_with_all_resources_is_told_whole_once(playground: Playground) -> None:
    playground.program('Thing("a")\nThing("b")')
    playground.fault(check_a="away", check_b="away")
    failed = await Embedded().run(playground, PREVIEW)
    assert sorted(failed.failed.values()) == ["the world is away", "the world is away\nlook for it"]


async def test_a_program_that_raises_shows_its_own_traceback(playground: Playground) -> None:
    playground.program(
        """
        Thing("a")

        def broken():
            return {}["missing"]

        broken()
        """
    )
    failed = await Embedded().run(playground, UP)
    assert isinstance(failed.error, ProgramError)
    assert failed.error.what == "KeyError: 'missing'"
    assert failed.error.where.startswith("__main__.py:")
    assert 'return {}["missing"]' in failed.error.why
    assert "run_program" not in failed.text
    assert "runpy" not in failed.text
    assert "asyncio" not in failed.text
    assert set(playground.things) == {"a-1"}
    assert playground.records()["a"].id == "a-1"


async def test_what_the_program_did_not_come_to_is_not_deleted(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a")\nThing("b")')
    await engine.run(playground, UP)
    playground.program('Thing("a")\nraise ValueError("boom")\nThing("b")')
    failed = await engine.run(playground, UP)
    assert not failed.succeeded
    assert "boom" in failed.text
    assert set(playground.things) == {"a-1", "b-1"}


async def test_an_error_of_ours_in_the_program_is_a_few_lines(playground: Playground) -> None:
    playground.program(
        """
        from agentry.errors import AgentCodeError
        raise AgentCodeError("there is no agent.py", where="agents/x", why="it is the agent", fix="write one")
        """
    )
    failed = await Embedded().run(playground, PREVIEW)
    assert isinstance(failed.error, AgentCodeError)
    assert failed.error.lines() == ["agents/x: there is no agent.py", "it is the agent", "→ write one"]
    assert "Traceback" not in failed.text


async def test_an_error_inside_apply_is_the_programs(playground: Playground) -> None:
    playground.program('a = Thing("a", value="x")\na.length.apply(lambda length: {}["missing"])')
    failed = await Embedded().run(playground, UP)
    assert isinstance(failed.error, ProgramError)
    assert failed.error.what == "KeyError: 'missing'"
    assert failed.error.where.startswith("__main__.py:")
    assert playground.records()["a"].id == "a-1"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys\nsys.exit(3)", "sys.exit(3)"),
        ("import sys\nsys.exit()", "ended before it was through"),
        ("import os\nos._exit(4)", "exit status 4"),
        ("this is no python", "SyntaxError"),
        ('raise pulumi.RunError("no catalog")', "no catalog"),
    ],
)
async def test_other_ways_a_program_ends(playground: Playground, program: str, said: str) -> None:
    playground.program(program)
    failed = await Embedded().run(playground, UP)
    assert isinstance(failed.error, ProgramError)
    assert said in str(failed.error)


async def test_two_resources_of_one_name(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a")\nThing("a")')
    failed = await engine.run(playground, PREVIEW)
    assert not failed.succeeded
    assert "a" in failed.failed


@pytest.mark.parametrize(
    ("program", "named"),
    [
        ('Thing("a", value=pulumi.StringAsset("x"))', "asset"),
        ('pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {})', "readStackResourceOutputs"),
        ('Thing("a", value=pulumi.FileArchive("."))', "archive"),
        ('Thing("a", opts=ResourceOptions(transforms=[lambda args: None]))', "transforms"),
        ("pulumi.runtime.register_resource_transform(lambda args: None)", "transforms"),
        (
            'pulumi.ResourceHook("h", lambda args: None)',
            "resource hooks",
        ),
        ('pulumi.runtime.call("world:index:Thing/method", {}, Thing("a"))', "methods of resources"),
        ('World("w", ResourceOptions(env_var_mappings={"A": "B"}))', "env_var_mappings"),
        ('ComponentResource("world:index:Remote", "r", {}, remote=True)', "remote"),
    ],
)
async def test_what_the_engine_lacks_is_refused_by_its_name(playground: Playground, program: str, named: str) -> None:
    playground.program(program)
    failed = await Embedded().run(playground, UP)
    assert isinstance(failed.error, Unsupported), failed.text
    assert named in str(failed.error)
    assert "pulumi up" in failed.error.fix


async def test_a_package_without_a_provider(playground: Playground) -> None:
    playground.program('CustomResource("moon:index:Base", "a", {})')
    failed = await Embedded().run(playground, PREVIEW)
    assert isinstance(failed.error, ConfigError)
    assert "moon" in failed.error.what


async def test_without_a_virtual_environment_it_says_what_to_type(playground: Playground) -> None:
    text = (playground.plugin / "PulumiPlugin.yaml").read_text()
    (playground.plugin / "PulumiPlugin.yaml").write_text(text.rpartition("virtualenv")[0] + "virtualenv: nowhere\n")
    playground.program('Thing("a")')
    failed = await Embedded().run(playground, PREVIEW)
    assert isinstance(failed.error, ConfigError)
    assert failed.error.fix == "make setup"


async def test_a_plugin_that_does_not_start_shows_what_it_printed(playground: Playground) -> None:
    (playground.plugin / "__main__.py").write_text("raise SystemExit('no such world')")
    playground.program('Thing("a")')
    failed = await Embedded().run(playground, PREVIEW)
    assert "no such world" in failed.text
    assert not failed.succeeded


async def test_a_provider_that_does_not_start_for_a_destroy_is_said_once(playground: Playground) -> None:
    playground.program('Thing("a")\nThing("b")')
    await Embedded().run(playground, UP)
    (playground.plugin / "__main__.py").write_text("raise SystemExit('no such world')")
    for operation in (DESTROY, Operation.REFRESH):
        failed = await Embedded().run(playground, operation)
        assert str(failed.error).count("no such world") == 1
        assert failed.failed == {}
        assert set(playground.records()) == {"a", "b", "shop-dev"}


async def test_the_wrong_passphrase_changes_nothing(playground: Playground) -> None:
    playground.program('Thing("a")')
    (playground.root / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SALT[:-8]}AAAAAAA=\n")
    failed = await Embedded().run(playground, UP)
    assert isinstance(failed.error, WrongPassphrase)
    assert playground.things == {}
    assert not playground.checkpoint_file.exists()


async def test_secrets_are_masked_in_what_a_provider_and_a_program_say(playground: Playground) -> None:
    secrets = Secrets.open(PASSPHRASE, SALT)
    playground.configure(**{"world:token": f"{{secure: '{secrets.encrypt('swordfish')}'}}"})
    playground.program(
        """
        print("the program says", pulumi.Config("world").require("token"))
        Thing("a", value=Output.secret("hunter22"))
        """
    )
    playground.fault(create_a="tell")
    shown = await Embedded().run(playground, UP)
    assert "the program says [secret]" in shown.text
    assert "this is no value: [secret]" in shown.failed["a"]
    for secret in ("hunter22", "swordfish"):
        assert secret not in shown.text
        assert secret not in repr(shown.events)
        assert secret not in playground.checkpoint_file.read_text()


async def test_secrets_are_masked_in_a_programs_own_traceback(playground: Playground) -> None:
    secrets = Secrets.open(PASSPHRASE, SALT)
    playground.configure(**{"shop:token": f"{{secure: '{secrets.encrypt('swordfish')}'}}"})
    playground.program("raise ValueError(f\"this is no token: {pulumi.Config().require('token')}\")")
    failed = await Embedded().run(playground, PREVIEW)
    assert isinstance(failed.error, ProgramError)
    assert failed.error.what == "ValueError: this is no token: [secret]"
    assert "swordfish" not in f"{failed.error} {failed.error!r}"


async def test_progress_reaches_the_resource_it_is_about(playground: Playground) -> None:
    playground.program('Thing("a")')
    playground.fault(create_a="log")
    shown = await Embedded().run(playground, UP)
    assert {"half way", "take care"} <= set(shown.lines)
    about = [event for event in shown.events if getattr(event, "text", "") == "half way"]
    assert [(event.urn, event.ephemeral) for event in about] == [(playground.records()["a"].urn, True)]  # type: ignore[union-attr]
