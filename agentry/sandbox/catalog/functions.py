"""`POST /api/2.1/unity-catalog/functions`: what a function is made of. It is kept and shown, never run."""

from __future__ import annotations

from typing import Any

from agentry.sandbox.access import Securable
from agentry.sandbox.area import Fact
from agentry.sandbox.catalog.entities import create_as, shown
from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.web import Body, Json, Router, Sandbox, UserCaller

router = Router(prefix="/api/2.1/unity-catalog", metastore=True)


class NewFunction(Body):
    """A function; what is not given is not shown either."""

    name: str = ""
    catalog_name: str = ""
    schema_name: str = ""
    comment: str = ""
    data_type: str | None = None
    full_data_type: str | None = None
    input_params: dict[str, Any] | None = None
    return_params: dict[str, Any] | None = None
    routine_body: str | None = None
    routine_definition: str | None = None
    routine_dependencies: dict[str, Any] | None = None
    external_language: str | None = None
    parameter_style: str | None = None
    security_type: str | None = None
    specific_name: str | None = None
    sql_data_access: str | None = None
    sql_path: str | None = None
    properties: str | None = None
    is_deterministic: bool | None = None
    is_null_call: bool | None = None


class FunctionRequest(NewFunction):
    """A POST body: the function in `function_info`, or its name alone."""

    function_info: NewFunction | None = None


_PLACE = {"name", "catalog_name", "schema_name", "comment", "function_info"}


@router.post("/functions")
async def create_function(body: FunctionRequest, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A function of a schema."""
    about = body.function_info or body
    if not about.name:
        raise InvalidParameter("Invalid request: function_info.name: Field required")
    securable = Securable("FUNCTION", f"{about.catalog_name}.{about.schema_name}.{about.name}")
    details = about.model_dump(exclude_none=True, exclude=_PLACE)
    return shown(sandbox, create_as(sandbox, caller, securable, about.comment, details))


FACTS = (
    Fact(
        "a function is made from `function_info`, and shows its body and what it depends on: one of table, function, "
        "connection or credential each",
        "databricks-sdk 0.156 service/catalog.py, CreateFunction, FunctionInfo and Dependency",
    ),
    Fact(
        "whoever may EXECUTE a function sees its body and dependencies; a function without `function_info` has none",
        "the API reference names USE CATALOG, USE SCHEMA and EXECUTE for reading a function and no field apart",
        confirmed=False,
    ),
    Fact(
        "dependencies are what the maker gives; the platform works them out of a body in SQL",
        "the sandbox reads no SQL",
        confirmed=False,
    ),
)
