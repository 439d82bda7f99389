"""See `tests.matrix.case`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from databricks.sdk.service import ml

from agentry.provider.kinds.experiment import Experiment
from tests.matrix.case import Case, Inputs, Platform, Variant

if TYPE_CHECKING:
    from tests.matrix.ground import Ground

API = "/api/2.0/mlflow/experiments"
PATH = "/Shared/agentry/weather"


class Experiments(Case):
    """An experiment."""

    kind: ClassVar[Any] = Experiment()
    drifts: ClassVar[tuple[str, ...]] = ("tags.team",)
    stays: ClassVar[str] = "traces are production records"
    variants: ClassVar[dict[str, Variant]] = {
        "name": Variant("/Shared/agentry/clouds"),
        "tags": Variant({"team": "sea"}),
        "forceDestroy": Variant(True),
        "artifactLocation": Variant("dbfs:/x", refused="the workspace's own storage"),
        "traceLocation": Variant({}, refused="tables"),
    }
    platform: ClassVar[Platform] = Platform(
        requests=(
            ml.ExperimentsAPI.create_experiment,
            ml.ExperimentsAPI.update_experiment,
            ml.ExperimentsAPI.set_experiment_tag,
            ml.ExperimentTag,
        ),
        ours={
            "create_experiment.name": "name",
            "create_experiment.tags": "tags",
            "create_experiment.artifact_location": "artifactLocation",
            "create_experiment.trace_location": "traceLocation",
            "set_experiment_tag.key": "tags",
            "set_experiment_tag.value": "tags",
            "ExperimentTag.key": "tags",
            "ExperimentTag.value": "tags",
        },
        reasons={
            "update_experiment.experiment_id": "which one",
            "update_experiment.new_name": "another name is another experiment: its readers look for it by its path",
            "set_experiment_tag.experiment_id": "which one",
        },
    )

    def inputs(self) -> Inputs:
        return {"name": PATH, "tags": {"team": "sky"}}

    async def live(self, ground: Ground) -> Any:
        found = await ground.found(f"{API}/get-by-name", experiment_name=PATH)
        if found is None or found["experiment"]["lifecycle_stage"] == "deleted":
            return None
        return {"tags": {tag["key"]: tag["value"] for tag in found["experiment"]["tags"] if tag["key"] == "team"}}

    async def change(self, ground: Ground, id: str) -> None:
        await ground.done(
            "POST", f"{API}/set-experiment-tag", {"experiment_id": id, "key": "team", "value": "somebody's"}
        )

    async def remove(self, ground: Ground, id: str) -> None:
        await ground.done("POST", f"{API}/delete", {"experiment_id": id})

    async def add_theirs(self, ground: Ground, id: str) -> None:
        await ground.done("POST", f"{API}/set-experiment-tag", {"experiment_id": id, "key": "theirs", "value": "kept"})

    async def theirs(self, ground: Ground) -> Any:
        found = (await ground.found(f"{API}/get-by-name", experiment_name=PATH))["experiment"]
        return [tag["value"] for tag in found["tags"] if tag["key"] == "theirs"]

    async def by_hand(self, ground: Ground) -> str:
        await ground.done("POST", "/api/2.0/workspace/mkdirs", {"path": PATH.rpartition("/")[0]}, "deployer")
        body = {"name": PATH, "tags": [{"key": "team", "value": "sky"}]}
        return str((await ground.done("POST", f"{API}/create", body, "deployer"))["experiment_id"])

    def canaries(self, canary: Any) -> Inputs:
        return {"name": PATH, "tags": {"team": canary}}


CASE = Experiments()
