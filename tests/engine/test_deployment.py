"""Steps as tasks of the deployment, saved around each: without a process, with a provider of a few lines."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from agentry.engine.calls import Failure, InitFailed, Made
from agentry.engine.deployment import Aborted
from agentry.engine.events import Op, StepDone, StepFailed
from agentry.engine.goal import Reading
from agentry.engine.refresh import refresh
from agentry.engine.urn import Alias
from agentry.errors import ConfigError, DeploymentFailed, ProviderError
from tests.engine.fakes import REFERENCE, TYPE, Bench, FakeClient, provider_record
from tests.engine.records import record


async def test_a_create_is_on_the_disk_before_it_begins_and_after_it_ended_before_it_is_answered() -> None:
    bench = Bench()
    seen: list[tuple[list[str], list[str]]] = []
    bench.client.before = lambda call: seen.append(bench.disk) if call == "create a" else None
    await bench.register("a")
    assert seen == [([], ["creating a"])]
    assert bench.disk == (["a"], [])


async def test_a_step_goes_on_when_whoever_asked_for_it_is_gone() -> None:
    bench = Bench()
    gate = bench.client.gates["create a"] = asyncio.Event()
    asked = asyncio.create_task(bench.register("a"))
    await bench.client.reached("create a")
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert bench.deployment.running == 1
    gate.set()
    await bench.deployment.drain()
    assert bench.items()["a"].id == "id-a"
    assert bench.disk == (["a"], [])


async def test_after_a_failure_running_steps_end_and_no_other_begins() -> None:
    bench = Bench()
    gate = bench.client.gates["create a"] = asyncio.Event()
    bench.client.errors["create b"] = ProviderError("no")
    slow = asyncio.create_task(bench.register("a"))
    await bench.client.reached("create a")
    with pytest.raises(Aborted):
        await bench.register("b")
    with pytest.raises(Aborted):
        await bench.register("c")
    gate.set()
    assert (await slow).id == "id-a"
    await bench.update.finish()
    assert set(bench.items()) == {"a"}
    with pytest.raises(DeploymentFailed, match="a step did not succeed"):
        bench.deployment.result()
    assert [(event.urn[-1], event.reasons) for event in bench.events if isinstance(event, StepFailed)] == [
        ("b", ("no",))
    ]


async def test_a_provider_that_died_leaves_the_operation_pending() -> None:
    bench = Bench()
    bench.client.errors["create a"] = ProviderError("it died", outcome_unknown=True)
    with pytest.raises(Aborted):
        await bench.register("a")
    await bench.update.finish()
    assert bench.disk == ([], ["creating a"])


async def test_what_exists_and_is_not_ready_is_recorded_and_the_step_failed() -> None:
    bench = Bench()
    bench.client.errors["create a"] = InitFailed(Made("there", {"half": True}), ("not ready",))
    with pytest.raises(Aborted):
        await bench.register("a", inputs={"value": 1})
    made = bench.items()["a"]
    assert (made.id, made.outputs, made.init_errors) == ("there", {"half": True}, ("not ready",))
    failed = [event for event in bench.events if isinstance(event, StepFailed)]
    assert [(event.reasons, event.partial) for event in failed] == [(("not ready",), True)]


async def test_changes_side_by_side_are_limited_only_when_asked() -> None:
    for parallel, expected in ((None, 8), (3, 3)):
        bench = Bench(parallel=parallel)
        gates = [bench.client.gates.setdefault(f"create {n}", asyncio.Event()) for n in range(8)]
        asked = [asyncio.create_task(bench.register(str(n))) for n in range(8)]
        await bench.client.at_once(expected)
        for gate in gates:
            gate.set()
        await asyncio.gather(*asked)
        assert bench.client.most == expected


async def test_the_default_provider_is_registered_once_and_shown_to_nobody() -> None:
    bench = Bench()
    await asyncio.gather(*(bench.register(str(n)) for n in range(5)))
    assert bench.client.configured == [("provider-1", {"from": "fake"})]
    assert bench.named() == Counter({f"create {n}": 1 for n in range(5)})
    assert bench.deployment.changes == {"create": 5}
    assert bench.items()["0"].provider == f"{provider_record().urn}::provider-1"


async def test_a_recorded_provider_goes_on_under_its_id() -> None:
    bench = Bench(provider_record())
    assert (await bench.register("a")).provider == REFERENCE
    assert bench.client.configured == [("provider-0", {"from": "fake"})]


async def test_a_preview_calls_no_change_and_writes_nothing() -> None:
    bench = Bench(provider_record(), record("a", inputs={"fixed": 1}, provider=REFERENCE), preview=True)
    await bench.register("a", inputs={"fixed": 2})
    await bench.register("b")
    bench.update.complete()
    await bench.update.finish()
    assert bench.named() == Counter(["create-replacement a", "replace a", "delete-replaced a", "create b"])
    assert {call.partition(" ")[0] for call in bench.client.calls} <= {"check", "diff"}
    assert bench.writes == []
    assert not any(isinstance(event, StepDone) for event in bench.events)


async def test_what_check_refuses_is_told_reason_by_reason_and_a_preview_goes_on() -> None:
    bench = Bench(preview=True)
    bench.client.refused = (Failure("size", "too big"), Failure("", "and more"))
    for name in ("a", "b"):
        with pytest.raises(Aborted):
            await bench.register(name)
    told = [event for event in bench.events if isinstance(event, StepFailed)]
    assert [event.reasons for event in told] == [("size: too big", "and more")] * 2


async def test_an_error_about_the_project_ends_the_run_as_it_is() -> None:
    bench = Bench()
    error = ConfigError("there is no virtual environment", fix="make setup")

    async def fail(package: str) -> FakeClient:
        raise error

    bench.providers._open = fail  # type: ignore[assignment]
    with pytest.raises(Aborted):
        await bench.register("a")
    with pytest.raises(ConfigError, match="no virtual environment"):
        bench.deployment.result()
    assert not any(isinstance(event, StepFailed) for event in bench.events)


async def test_a_bug_of_ours_ends_the_run_as_itself() -> None:
    bench = Bench()

    def broken(call: str) -> None:
        raise ZeroDivisionError(call)

    bench.client.before = broken
    with pytest.raises(ZeroDivisionError):
        await bench.register("a")
    with pytest.raises(ZeroDivisionError):
        bench.deployment.result()


async def test_replaced_before_it_is_deleted_a_record_waits_marked_for_its_delete() -> None:
    bench = Bench(provider_record(), record("a", inputs={"fixed": 1}, provider=REFERENCE))
    await bench.register("a", inputs={"fixed": 2})
    marks = [one.delete for one in bench.snapshot.checkpoint.resources if one.type == TYPE]
    assert marks == [False, True]
    assert bench.disk == (["a", "a"], [])
    bench.update.complete()
    await bench.update.finish()
    assert [one.delete for one in bench.snapshot.checkpoint.resources if one.type == TYPE] == [False]
    assert bench.deployment.changes == {"replace": 1}


async def test_deleted_before_it_is_replaced_a_record_stays_marked_until_it_is_made_again() -> None:
    client = FakeClient()
    client.delete_first = True
    bench = Bench(provider_record(), record("a", inputs={"fixed": 1}, provider=REFERENCE), client=client)
    client.errors["create a"] = ProviderError("no room")
    with pytest.raises(Aborted):
        await bench.register("a", inputs={"fixed": 2})
    await bench.update.finish()
    assert bench.items()["a"].pending_replacement
    again = Bench(*bench.snapshot.checkpoint.resources)
    await again.register("a", inputs={"fixed": 2})
    assert again.named() == Counter(["replace a", "create-replacement a"])
    assert not again.items()["a"].pending_replacement
    assert again.client.calls == ["check a", "diff a", "check a", "create a"]


async def test_two_replacements_delete_what_uses_both_once() -> None:
    client = FakeClient()
    client.delete_first = True
    used = record("a", inputs={"fixed": 1}, provider=REFERENCE), record("b", inputs={"fixed": 1}, provider=REFERENCE)
    both = {"fixed": (used[0].urn, used[1].urn)}
    user = record("c", inputs={"fixed": 1}, uses=("a", "b"), property_dependencies=both, provider=REFERENCE)
    bench = Bench(provider_record(), *used, user, client=client)
    gate = client.gates["delete c"] = asyncio.Event()
    asked = [asyncio.create_task(bench.register(name, inputs={"fixed": 2})) for name in ("a", "b")]
    await client.reached("delete c", "diff a", "diff b")
    assert not [call for call in client.calls if call in {"delete a", "delete b"}]
    gate.set()
    await asyncio.gather(*asked)
    await bench.register("c", inputs={"fixed": 2}, dependencies=(used[0].urn, used[1].urn))
    bench.update.complete()
    await bench.update.finish()
    deletes = [call for call in client.calls if call.startswith("delete")]
    assert deletes[0] == "delete c"
    assert Counter(deletes) == Counter(["delete a", "delete b", "delete c"])
    assert Counter(call for call in client.calls if call.startswith("create")) == Counter(
        ["create a", "create b", "create c"]
    )
    assert bench.deployment.changes == {"replace": 3}


async def test_deletes_begin_when_their_users_are_gone_and_hold_nobody_else_up() -> None:
    records = (
        record("a", provider=REFERENCE),
        record("b", uses=("a",), provider=REFERENCE),
        record("c", provider=REFERENCE),
        record("d", uses=("c",), provider=REFERENCE),
    )
    bench = Bench(provider_record(), *records)
    gate = bench.client.gates["delete b"] = asyncio.Event()
    bench.update.complete()
    ending = asyncio.create_task(bench.update.finish())
    await bench.client.reached("delete b", "delete d", "delete c")
    assert "delete a" not in bench.client.calls
    gate.set()
    await ending
    assert bench.client.calls[-1] == "delete a"
    assert bench.snapshot.checkpoint.resources == ()


async def test_a_refused_delete_keeps_what_it_uses() -> None:
    records = (
        record("a", provider=REFERENCE),
        record("b", uses=("a",), provider=REFERENCE),
        record("c", provider=REFERENCE),
    )
    bench = Bench(provider_record(), *records)
    bench.client.errors["delete b"] = ProviderError("others use it")
    bench.update.complete()
    await bench.update.finish()
    assert set(bench.items()) == {"a", "b"}
    assert [event.op for event in bench.events if isinstance(event, StepFailed)] == [Op.DELETE]


async def test_outputs_of_the_stack_are_recorded_whole_or_over_the_old_ones() -> None:
    stack = {"type": "pulumi:pulumi:Stack", "custom": False}
    bench = Bench()
    root = await bench.register("shop-dev", **stack)
    await bench.update.register_outputs(root.urn, {"old": 1, "both": 1})
    assert bench.deployment.outputs() == {}
    bench.update.complete()
    await bench.update.finish()
    assert bench.deployment.outputs() == {"old": 1, "both": 1}

    failing = Bench(*bench.snapshot.checkpoint.resources)
    await failing.register("shop-dev", **stack)
    await failing.update.register_outputs(root.urn, {"both": 2})
    failing.client.errors["create a"] = ProviderError("no")
    with pytest.raises(Aborted):
        await failing.register("a")
    await failing.update.finish()
    assert failing.deployment.outputs() == {"old": 1, "both": 2}


async def test_children_do_as_their_parent_unless_they_say_otherwise() -> None:
    bench = Bench()
    group = await bench.register("g", type="test:index:Group", custom=False, protect=True, retain_on_delete=True)
    child = await bench.register("child", parent=group.urn)
    apart = await bench.register("apart", parent=group.urn, protect=False)
    assert (child.protect, child.retain_on_delete) == (True, True)
    assert (apart.protect, apart.retain_on_delete) == (False, True)


async def test_a_refresh_looks_at_everything_side_by_side() -> None:
    bench = Bench(
        provider_record(), *(record(name, uses=("a",) if name != "a" else (), provider=REFERENCE) for name in "abc")
    )
    gates = [bench.client.gates.setdefault(f"read {name}", asyncio.Event()) for name in "abc"]
    refreshing = asyncio.create_task(refresh(bench.deployment))
    await bench.client.at_once(3)
    for gate in gates:
        gate.set()
    await refreshing
    assert [one.outputs for one in bench.items().values()] == [{"found": True}] * 3


async def test_what_is_read_again_and_is_the_same_is_not_written() -> None:
    read = Reading(type=TYPE, name="a", id="there", inputs={})
    bench = Bench(provider_record())
    await bench.update.read(read)
    await bench.deployment.drain()
    await bench.snapshot.flush()
    (first,) = bench.items().values()
    assert (first.id, first.external, first.outputs) == ("there", True, {"found": True})
    again = Bench(*bench.snapshot.checkpoint.resources)
    await again.update.read(read)
    await again.snapshot.flush()
    assert again.writes == []
    assert again.client.calls == ["read a"]


async def test_of_two_that_claim_one_record_the_second_is_refused() -> None:
    bench = Bench(provider_record(), record("a", provider=REFERENCE), preview=True)
    alias = (Alias(name="a"),)
    assert (await bench.register("b", aliases=alias)).id == "id-a"
    for name, aliases in (("c", alias), ("a", ())):
        with pytest.raises(Aborted):
            await bench.register(name, aliases=aliases)
    told = [event for event in bench.events if isinstance(event, StepFailed)]
    assert [event.urn.rpartition("::")[2] for event in told] == ["c", "a"]
    assert all("two resources of the program claim one record" in event.reasons[0] for event in told)
