"""The OpenAPI document, generated from the models of the operations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from monitor.web.api_operation import API_PATH, Operation
from monitor.web.api_schema import ErrorBody
from monitor.web.sessions import SESSION_COOKIE

REF_TEMPLATE = "#/components/schemas/{model}"
ERRORS_EVERYWHERE = (400, 401, 429, 503)
ERRORS_OF_BODIES = (403, 413, 415)  # another site, too large, not JSON
DESCRIPTION = (
    "Send a token of `[web] tokens` as a bearer token. Without a password everybody on the machine may use the API. "
    "Times are in UTC. An unknown parameter is an error. An error is one sentence."
)


@lru_cache(maxsize=4)
def openapi_document(operations: Sequence[Operation], base: str) -> dict[str, Any]:
    """Return the document of the API below the path `base` of the site."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(plain_path(operation.path), {})[operation.method.lower()] = describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Claimwatch", "version": version("claimwatch"), "description": DESCRIPTION},
        "servers": [{"url": f"{base}{API_PATH}"}],
        "security": [{"token": []}, {"session": []}, {}],
        "paths": paths,
        "components": {
            "schemas": component_schemas(operations),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
            },
        },
    }


def plain_path(path: str) -> str:
    """Return a path with `{id}` for `{id:int}`."""
    return re.sub(r":\w+\}", "}", path)


def component_schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    responses: list[type[BaseModel]] = [ErrorBody, *(operation.response for operation in operations)]
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in responses]
    models += [(operation.body, "validation") for operation in operations if operation.body]
    _, schemas = models_json_schema(list(dict.fromkeys(models)), ref_template=REF_TEMPLATE)
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions


def describe(operation: Operation) -> dict[str, Any]:
    """Return the Operation Object."""
    statuses = [*ERRORS_EVERYWHERE, *operation.errors, *(() if operation.method == "GET" else ERRORS_OF_BODIES)]
    content = {"application/json": {"schema": reference(operation.response)}}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.path.split("/")[1]],
        "parameters": [*path_parameters(operation.path), *query_parameters(operation.query)],
        "responses": {
            str(operation.status): {"description": operation.summary, "content": content},
            **{str(status): error_response(status) for status in sorted(set(statuses))},
        },
    }
    if operation.body:
        body = {"application/json": {"schema": reference(operation.body)}}
        described["requestBody"] = {"required": True, "content": body}
    return described


def error_response(status: int) -> dict[str, Any]:
    content = {"application/json": {"schema": reference(ErrorBody)}}
    return {"description": HTTPStatus(status).phrase, "content": content}


def reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF_TEMPLATE.format(model=model.__name__)}


def path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name, kind in re.findall(r"\{(\w+)(:int)?\}", path):
        schema = {"type": "integer", "minimum": 0} if kind else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def query_parameters(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=REF_TEMPLATE)
    definitions = schema.get("$defs", {})
    for name, described in schema.get("properties", {}).items():
        parameter_schema = inlined(described, definitions)
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", [])}
        if description := parameter_schema.pop("description", None):
            parameter["description"] = description
        yield {**parameter, "schema": parameter_schema}


def inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema with its references replaced by what they refer to."""
    if isinstance(schema, list):
        return [inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: inlined(value, definitions) for key, value in schema.items()}
