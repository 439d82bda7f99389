"""MLflow tracking: experiments, runs, logged models, traces and their artifacts."""

from __future__ import annotations

from agentry.sandbox.tracking.area import AREA
from agentry.sandbox.tracking.experiments import Experiment
from agentry.sandbox.tracking.logged_models import LoggedModel
from agentry.sandbox.tracking.run_rows import Run

__all__ = ["AREA", "Experiment", "LoggedModel", "Run"]
