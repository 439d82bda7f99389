"""One version of an agent: its code, packages, config and declared resources, identified by their digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.resources import Resource


class ModelVersion(pulumi.CustomResource):
    """A version of a registered model, made of a directory. Content decides: the same content is the same version.

    New content is a new version, made before the old one is retired; `description` and `tags` change in place.

    Args:
        resource_name: Pulumi's name of this resource.
        model: `catalog.schema.model`; a change makes a new version there.
        code: The agent's directory, relative to the project, with `/`.
        model_config: Plain values that go over config.yaml. Default: none.
        resources: What the agent uses, which is what it gets credentials for. Default: nothing.
        auth_policy: `{"user_auth_policy": {"api_scopes": [...]}}`: what the agent does as its caller. Default: none.
        requirements: Lines of a requirements file. Default: the directory's requirements.txt.
        python: `3.10` to `3.13`. Default: the directory's .python-version, else 3.11.
        interface: `ChatAgent`, `ResponsesAgent`, `ChatModel` or `PythonModel`. Default: found from `set_model`.
        signature: Of a PythonModel, `{"inputs": ..., "outputs": ..., "params": ...}`, each in the form of an MLmodel.
            Default: that of the type hints of `predict`; the other interfaces have MLflow's own.
        input_example: A request, as the endpoint is asked. Default: MLflow's own, of a PythonModel none.
        experiment_id: Where its logged model is recorded; a change alone makes no version.
        description: What people read beside the version. Default: none.
        tags: Tags; keys without `. , - = / :`. Default: none.
        keep: How many retired versions of this stack stay; None keeps all.
        environment_vars: Variables of its endpoint, for the check of the code: they are no content. None: not known.
        check: Whether the code is compared with `resources`. Default: True.
        opts: Pulumi's options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        model: pulumi.Input[str],
        code: pulumi.Input[str],
        model_config: Mapping[str, Any] | None = None,
        resources: Sequence[Resource] = (),
        auth_policy: Mapping[str, Any] | None = None,
        requirements: Sequence[str] | None = None,
        python: pulumi.Input[str] | None = None,
        interface: pulumi.Input[str] | None = None,
        signature: Mapping[str, Any] | None = None,
        input_example: Mapping[str, Any] | None = None,
        experiment_id: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        keep: pulumi.Input[int] | None = None,
        environment_vars: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        check: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "model": model,
            "code": code,
            "modelConfig": model_config,
            "resources": [_wire(resource) for resource in resources],
            "authPolicy": auth_policy,
            "requirements": requirements,
            "python": python,
            "interface": interface,
            "signature": signature,
            "inputExample": input_example,
            "experimentId": experiment_id,
            "description": description,
            "tags": tags,
            "keep": keep,
            "environmentVars": environment_vars,
            "check": check,
            **dict.fromkeys(("digest", "files", "version", "uri", "modelId", "status", "storageLocation")),
        }
        super().__init__("agentry:index:ModelVersion", resource_name, properties, opts)

    @property
    def digest(self) -> pulumi.Output[str]:
        """64 hex digits over the content; known at preview."""
        return cast("pulumi.Output[str]", pulumi.get(self, "digest"))

    @property
    def files(self) -> pulumi.Output[dict[str, str]]:
        """Each file of the agent, with 16 hex digits over it."""
        return cast("pulumi.Output[dict[str, str]]", pulumi.get(self, "files"))

    @property
    def version(self) -> pulumi.Output[str]:
        """Its number, for example `7`."""
        return cast("pulumi.Output[str]", pulumi.get(self, "version"))

    @property
    def uri(self) -> pulumi.Output[str]:
        """`models:/catalog.schema.model/7`."""
        return cast("pulumi.Output[str]", pulumi.get(self, "uri"))

    @property
    def model_id(self) -> pulumi.Output[str]:
        """MLflow's id of its logged model."""
        return cast("pulumi.Output[str]", pulumi.get(self, "modelId"))

    @property
    def status(self) -> pulumi.Output[str]:
        """`READY`, once it is."""
        return cast("pulumi.Output[str]", pulumi.get(self, "status"))

    @property
    def storage_location(self) -> pulumi.Output[str]:
        """Where Unity Catalog keeps its files."""
        return cast("pulumi.Output[str]", pulumi.get(self, "storageLocation"))


def _wire(resource: Resource) -> dict[str, Any]:
    caller = {"onBehalfOfUser": True} if resource.on_behalf_of_user else {}
    return {"type": resource.type, "name": resource.name, **caller}
