"""The fields of a model version, and how they become what `agentry.package` reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.package import AgentSpec
from agentry.provider.fields import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Behaviour,
    Field,
    computed,
    input_only,
    list_of,
    map_of,
    object_of,
    output,
    refused,
    replace,
    silent,
)
from agentry.provider.kinds.kind import UNKNOWN, Failure
from agentry.resources import Resource

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Properties


def _content() -> tuple[Behaviour, ...]:
    """Of a field whose content is in the digest."""
    return silent("the digest tells whether it makes another version"), input_only("a version does not tell it")


_RESOURCE = object_of(
    "AgentResource",
    Field("type", STRING, "For example `serving_endpoint`; the keys of an MLmodel's resources.", required=True),
    Field("name", STRING, "The endpoint's name, a three-level name, or an id.", required=True),
    Field("onBehalfOfUser", BOOLEAN, "Whether the caller's identity is used for it."),
)

FIELDS: tuple[Field, ...] = (
    Field("model", STRING, "`catalog.schema.model`.", (replace("a version belongs to its model"),), required=True),
    Field("code", STRING, "The agent's directory, relative to the project.", _content(), required=True),
    Field(
        "modelConfig", map_of(ANY), "Plain values over config.yaml; readable in the MLmodel.", _content(), default={}
    ),
    Field("resources", list_of(_RESOURCE), "What the agent uses, and gets credentials for.", _content(), default=[]),
    Field("authPolicy", ANY, "`{user_auth_policy: {api_scopes: [...]}}`: what it does as its caller.", _content()),
    Field("requirements", list_of(STRING), "Lines of a requirements file; absent: the directory's.", _content()),
    Field("python", STRING, "`3.10` to `3.13`; absent: .python-version, else 3.11.", _content()),
    Field(
        "interface",
        STRING,
        "`ChatAgent`, `ResponsesAgent`, `ChatModel` or `PythonModel`; absent: found from set_model.",
        _content(),
    ),
    Field(
        "signature",
        ANY,
        "Of a PythonModel: `{inputs, outputs, params}` as in an MLmodel; absent: by its type hints.",
        _content(),
    ),
    Field("inputExample", ANY, "A request; absent: MLflow's own, of a PythonModel none.", _content()),
    Field(
        "experimentId",
        STRING,
        "Where the logged model is recorded.",
        (
            silent("where it is recorded is no content: a change alone makes no version"),
            input_only("a version does not tell it"),
        ),
    ),
    Field("description", STRING, "What people read beside it."),
    Field("tags", map_of(STRING), "Tags, without `. , - = / :` in their keys; those of others stay.", default={}),
    Field(
        "keep",
        INTEGER,
        "How many versions of this stack stay when they are retired; absent: all.",
        (silent("it says what a delete does"), input_only("only this stack knows it")),
    ),
    Field(
        "environmentVars",
        map_of(STRING),
        "Variables of its endpoint, for the check of the code; one in double braces counts as not known.",
        (silent("the endpoint has them: they are no content of the version"), input_only("a version does not tell it")),
    ),
    Field(
        "check",
        BOOLEAN,
        "Whether the code's uses are compared with `resources`.",
        (silent("it says what a preview does"), input_only("only this stack knows it")),
        default=True,
    ),
    Field(
        "digest",
        STRING,
        "64 hex digits over all that is in the version.",
        (computed("content decides"), replace("a version can not change: other content is another version")),
    ),
    Field(
        "files",
        map_of(STRING),
        "Path in the directory -> 16 hex digits over what is packaged of it.",
        (computed("content decides"), silent("the digest tells"), input_only("a version does not tell it")),
    ),
    Field("source", ANY, "Where its files are.", (refused("its files are made of the agent's directory; give code"),)),
    Field("runId", ANY, "The run that made it.", (refused("it is made of files, so there is no run of it"),)),
    Field("runLink", ANY, "The run that made it.", (refused("it is made of files, so there is no run of it"),)),
    Field("aliases", ANY, "Its aliases.", (refused("an alias is a resource of its own; give a ModelAlias"),)),
    Field("comment", ANY, "Unity Catalog's word for it.", (refused("give description"),)),
    Field("version", STRING, "Its number, such as `7`.", (output(),)),
    Field("uri", STRING, "`models:/catalog.schema.model/7`.", (output(),)),
    Field("modelId", STRING, "Its logged model, `m-...`.", (output(),)),
    Field("status", STRING, "`READY`, once it is.", (output(),)),
    Field("storageLocation", STRING, "Where Unity Catalog keeps its files.", (output(),)),
)

_CONTENT = (
    "code",
    "modelConfig",
    "resources",
    "authPolicy",
    "requirements",
    "python",
    "interface",
    "signature",
    "inputExample",
)


def content_is_known(inputs: Properties) -> bool:
    """Whether everything that the digest is over is known already."""
    return all(_known(inputs.get(name)) for name in _CONTENT)


def _known(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_known, value.values()))
    return all(map(_known, value)) if isinstance(value, list) else value is not UNKNOWN


def spec_of(inputs: Properties) -> tuple[AgentSpec, list[Failure]]:
    """What is declared of the agent, and the resources that can not be."""
    resources, failures = declared_resources(inputs)
    spec = AgentSpec(
        code=inputs["code"],
        model_config=inputs["modelConfig"],
        resources=resources,
        auth_policy=inputs.get("authPolicy"),
        requirements=inputs.get("requirements"),
        python=inputs.get("python"),
        interface=inputs.get("interface"),
        signature=inputs.get("signature"),
        input_example=inputs.get("inputExample"),
    )
    return spec, failures


def declared_resources(inputs: Properties) -> tuple[list[Resource], list[Failure]]:
    """The resources of a declaration, and those that can not be."""
    found = [_resource(number, given) for number, given in enumerate(inputs.get("resources") or ())]
    resources = [one for one in found if isinstance(one, Resource)]
    return resources, [one for one in found if isinstance(one, Failure)]


def _resource(number: int, given: Properties) -> Resource | Failure:
    try:
        return Resource(given["type"], given["name"], bool(given.get("onBehalfOfUser")))
    except ValueError as error:
        return Failure(f"resources[{number}]", str(error))
