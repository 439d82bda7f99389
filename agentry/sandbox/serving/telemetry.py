"""Where logs, metrics and traces of an endpoint go: kept and answered as the platform does; nothing is sent there.

As github.com/databricks/cli mirrors the platform (libs/testserver/serving_endpoints.go): table names make a profile
and are not answered, a configuration that names neither tables nor a profile changes nothing, and only endpoints that
serve registered models have telemetry; elsewhere it is dropped at creation, and refused by its own route.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.serving.endpoint import EXTERNAL
from agentry.sandbox.serving.forms import kept

if TYPE_CHECKING:
    from agentry.sandbox.serving.forms import TelemetryForm
    from agentry.sandbox.web import Json


def require_supported(kind: str) -> None:
    """Check that this kind of endpoint has telemetry.

    Raises:
        InvalidParameter: It does not.
    """
    if kind == EXTERNAL:
        raise InvalidParameter(
            "Telemetry configuration is not supported for endpoint type 'EXTERNAL_MODELS'. This API only supports "
            "endpoints with custom served models."
        )


def applied(form: TelemetryForm | None, before: Json) -> Json:
    """What is kept of a configuration.

    Args:
        form: What was sent; None removes what was there.
        before: What was kept until now.
    """
    if form is None:
        return {}
    if form.table_names is None and not form.telemetry_profile_id:
        return before
    said = kept(form)
    tables = said.pop("table_names", {})
    said["telemetry_profile_id"] = form.telemetry_profile_id or str(uuid.uuid4())
    if "inference_table_config" in said and tables.get("logs_table"):
        said["inference_table_config"]["name"] = f"{tables['logs_table']}_payload"
    return said
