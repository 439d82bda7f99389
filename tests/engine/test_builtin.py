from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import FakeClock
from agentry.engine import references, state, values
from agentry.engine.backend import FileBackend
from agentry.engine.builtin import STACK_REFERENCE, STASH, Builtin
from agentry.engine.passphrase import Secrets
from agentry.engine.references import OtherStacks
from agentry.engine.state import Checkpoint
from agentry.engine.urn import ROOT_STACK_TYPE, build
from agentry.errors import ConfigError, ProviderError, StateError, Unsupported
from tests.engine.playground import PASSPHRASE, SALT
from tests.engine.records import record, secrets

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = build("dev", "shop", "", STACK_REFERENCE, "other")


def builtin(outputs: dict[str, Any] | Exception) -> Builtin:
    async def of(name: str) -> dict[str, Any]:
        assert name == "organization/shop/prod"
        if isinstance(outputs, Exception):
            raise outputs
        return outputs

    return Builtin(of, lambda urn: record("a", id="7") if urn.endswith("::a") else None, lambda: "new")


async def test_a_reference_names_which_outputs_are_secret() -> None:
    outputs = {"b": values.secret(1), "a": {"deep": values.secret(2)}, "c": 3}
    inputs = {"name": "organization/shop/prod"}
    read = await builtin(outputs).read(REFERENCE, "x", inputs=inputs)
    assert read.id == "x"
    assert read.outputs == {**inputs, "outputs": outputs, "secretOutputNames": ["a", "b"]}


async def test_a_reference_to_a_stack_that_is_not_known_yet_is_unknown() -> None:
    read = await builtin({}).read(REFERENCE, "x", inputs={"name": values.UNKNOWN})
    assert values.is_unknown(read.outputs["outputs"])


@pytest.mark.parametrize("error", [ConfigError("no name"), StateError("there is no stack", fix="bring it up")])
async def test_what_is_wrong_with_a_reference_is_about_that_resource(error: Exception) -> None:
    with pytest.raises(ProviderError, match=str(error).splitlines()[0]):
        await builtin(error).read(REFERENCE, "x", inputs={"name": "organization/shop/prod"})


async def test_what_it_does_not_do_is_refused_by_name() -> None:
    with pytest.raises(ProviderError, match="StackReference can not be imported"):
        await builtin({}).read(REFERENCE, "x")
    with pytest.raises(Unsupported, match=STACK_REFERENCE):
        await builtin({}).check(REFERENCE, {}, {"name": "x"})
    with pytest.raises(Unsupported, match="pulumi:pulumi:other"):
        await builtin({}).invoke("pulumi:pulumi:other", {}, preview=False)
    with pytest.raises(ProviderError, match="unknown resource"):
        await builtin({}).invoke("pulumi:pulumi:getResource", {"urn": "urn:b"}, preview=False)


async def test_a_resource_of_the_run_is_looked_up() -> None:
    found, _ = await builtin({}).invoke("pulumi:pulumi:getResource", {"urn": "urn::a"}, preview=False)
    assert (found["id"], found["state"]) == ("7", {})


async def test_a_stash_takes_one_input_and_no_other() -> None:
    urn = build("dev", "shop", "", STASH, "s")
    failures = [str(one) for one in (await builtin({}).check(urn, {}, {"other": 1})).failures]
    assert failures == ["other: unknown property 'other'", "input: missing required property 'input'"]
    assert (await builtin({}).check(urn, {}, {"input": 1})).failures == ()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("dev", ("shop", "dev")),
        ("organization/dev", ("shop", "dev")),
        ("organization/shelf/dev", ("shelf", "dev")),
    ],
)
def test_names_of_stacks(name: str, found: tuple[str, str]) -> None:
    assert references.parse(name, "shop") == found


@pytest.mark.parametrize("name", ["", "acme/dev", "acme/shop/dev", "organization/a/b/c", "organization//dev"])
def test_what_names_no_stack_here_is_said(name: str) -> None:
    with pytest.raises(ConfigError):
        references.parse(name, "shop")


def others(tmp_path: Path, told: list[str], passphrase: str = PASSPHRASE) -> OtherStacks:
    return OtherStacks(
        backend=f"file://{tmp_path}",
        project="shop",
        base=tmp_path,
        clock=FakeClock(),
        secrets=lambda salt: Secrets.open(passphrase, salt),
        warn=told.append,
    )


@pytest.mark.parametrize(("passphrase", "opens"), [(PASSPHRASE, True), ("another", False)])
async def test_secrets_that_do_not_open_are_left_out_and_said(tmp_path: Path, passphrase: str, *, opens: bool) -> None:
    outputs = {"plain": 1, "hidden": values.secret("hunter22")}
    stack = record("shop-dev", type=ROOT_STACK_TYPE, custom=False, id="", outputs=outputs)
    checkpoint = Checkpoint(stack="organization/shop/dev", resources=(stack,))
    store = FileBackend(f"file://{tmp_path}", "shop", base=tmp_path, clock=FakeClock())
    store.save("dev", state.write(checkpoint, Secrets.open(PASSPHRASE, SALT), time=state.timestamp(0)))
    told: list[str] = []
    assert await others(tmp_path, told, passphrase).outputs("dev") == (outputs if opens else {"plain": 1})
    assert len(told) == (0 if opens else 1)
    assert opens or "hidden" in told[0]


async def test_a_stack_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    store = FileBackend(f"file://{tmp_path}", "shop", base=tmp_path, clock=FakeClock())
    empty = state.write(Checkpoint(stack="organization/shop/dev"), secrets(), time=state.timestamp(0))
    store.save("dev", empty)
    with pytest.raises(StateError, match="prod") as caught:
        await others(tmp_path, []).outputs("prod")
    assert caught.value.why == "the stacks of project shop are dev"
    assert await others(tmp_path, []).outputs("dev") == {}
