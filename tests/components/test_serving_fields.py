"""The typed blocks of an endpoint against the provider's table, and how they get onto the wire."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from agentry.components import Endpoint, ServingEndpoint, serving_fields
from agentry.components.endpoint import checked
from agentry.components.serving_fields import on_the_wire
from agentry.errors import ProgramError
from agentry.provider.fields import Shape, Type
from agentry.provider.kinds.endpoint_fields import BY_NAME
from agentry.provider.kinds.endpoint_places import snake
from tests.components.program import run

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = {
    "externalModel": serving_fields.ExternalModel,
    "emailNotifications": serving_fields.EmailNotifications,
    "telemetry": serving_fields.Telemetry,
    "inferenceTable": serving_fields.InferenceTable,
    "rateLimits": serving_fields.RateLimit,
    "guardrails": serving_fields.Guardrails,
}


def compare(block: Any, type_: Type, path: str) -> None:
    """Same fields, same choices, at every depth."""
    type_ = type_.item if type_.shape is Shape.LIST and type_.item else type_
    # `pulumi.Input` names its own Output by a text.
    hints = typing.get_type_hints(block, localns={**vars(pulumi.output), **vars(serving_fields)})
    assert set(hints) == {snake(field.name) for field in type_.fields}, path
    for field in type_.fields:
        hint = hints[snake(field.name)]
        if field.type.fields:
            compare(hint, field.type, f"{path}.{field.name}")
        item = field.type.item if field.type.shape is Shape.LIST else field.type
        if item is not None and item.choices:
            literal = typing.get_args(hint)[0] if field.type.shape is Shape.LIST else hint
            assert set(typing.get_args(literal)) == set(item.choices), f"{path}.{field.name}"


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_has_the_fields_of_the_providers_table(name: str) -> None:
    compare(BLOCKS[name], BY_NAME[name].type, name)


def test_every_field_with_a_block_is_typed() -> None:
    with_fields = {
        name
        for name, field in BY_NAME.items()
        if field.type.fields or (field.type.item is not None and field.type.item.fields)
    }
    assert with_fields == set(BLOCKS)


def test_a_block_is_spelled_as_the_provider_does() -> None:
    assert on_the_wire({"ai21labs_config": {"ai21labs_api_key": "{{secrets/s/k}}"}, "task": "llm/v1/chat"}) == {
        "ai21labsConfig": {"ai21labsApiKey": "{{secrets/s/k}}"},
        "task": "llm/v1/chat",
    }
    assert on_the_wire({"tableNamePrefix": "x"}) == {"tableNamePrefix": "x"}, "what is spelled so already stays"


def test_blocks_and_outputs_within_them_arrive(tmp_path: Path) -> None:
    def program() -> None:
        ServingEndpoint(
            "n",
            name="n",
            external_model=pulumi.Output.from_input(
                {"provider": "openai", "name": "gpt", "openai_config": {"openai_api_key": "{{secrets/s/k}}"}}
            ),
            rate_limits=[{"calls": pulumi.Output.from_input(5), "renewal_period": "minute"}],
            usage_tracking=True,
        )

    inputs = run(program, tmp_path)["ServingEndpoint/n"].inputs
    assert inputs["externalModel"]["openaiConfig"] == {"openaiApiKey": "{{secrets/s/k}}"}
    assert inputs["rateLimits"] == [{"calls": 5, "renewalPeriod": "minute"}]
    assert inputs["usageTracking"] is True


def test_a_size_and_a_concurrency_are_refused_together() -> None:
    assert checked(Endpoint(max_concurrency=8), "main.ai.weather", "weather", "here") == "agents_main-ai-weather"
    with pytest.raises(ProgramError, match="exclude one another"):
        checked(Endpoint(size="Small", max_concurrency=8), "main.ai.weather", "weather", "here")
