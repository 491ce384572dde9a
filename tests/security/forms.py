"""Reads from the OpenAPI document what each write takes, so that no endpoint escapes the tests of bad input."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from tests.security.matrix import rows
from tests.security.routes import FILES, api_routes
from tests.security.world import RELATIONS, ROLES

Document = dict[str, Any]


@cache
def document() -> Document:
    """Return the OpenAPI document."""
    found: Document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def resolved(schema: Document) -> Document:
    """Return a schema itself instead of a reference to it."""
    while "$ref" in schema or len(schema.get("allOf", ())) == 1:
        if "$ref" in schema:
            schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = schema["allOf"][0]
    return schema


@dataclass(frozen=True)
class Form:
    """A write with a JSON body: where it goes, who may do it to which object, and the fields it takes."""

    address: str
    method: str
    object: str
    relation: str
    role: str

    def __str__(self) -> str:
        return f"{self.address} {self.method}"

    @property
    def schema(self) -> Document:
        """Return the schema of the body."""
        template = api_routes()[self.address].template
        path = "/" + template.replace("<uuid:", "{").replace(">", "}")
        body = document()["paths"][path][self.method.lower()].get("requestBody")
        content = (body or {}).get("content", {})
        return resolved(content.get("application/json", {}).get("schema", {}))

    @property
    def fields(self) -> dict[str, Document]:
        """Return the fields by name."""
        named = self.schema.get("properties", {})
        return {name: resolved(schema) for name, schema in named.items()}

    @property
    def required(self) -> list[str]:
        """Return the fields that must be there."""
        return list(self.schema.get("required", []))


def forms() -> list[Form]:
    """Return every write of the matrix with somebody who may do it; files are another matter."""
    found: dict[tuple[str, str], Form] = {}
    for row in rows():
        key = (row.address, row.method)
        if row.method not in {"POST", "PATCH"} or key in found or row.address in FILES:
            continue
        for relation, cell in zip(RELATIONS, row.cells, strict=True):
            if "+" in cell:
                role = ROLES[cell.index("+")]
                found[key] = Form(row.address, row.method, row.object, relation, role)
                break
    return list(found.values())


def is_nullable(schema: Document) -> bool:
    """Say whether null is a value of the field."""
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        return True
    parts = [*schema.get("oneOf", []), *schema.get("anyOf", [])]
    return any(
        resolved(part).get("type") == "null" or is_nullable(resolved(part)) for part in parts
    ) or (None in schema.get("enum", []))


def kinds_of(schema: Document) -> set[str]:
    """Return the JSON types that a field may have."""
    kinds = schema.get("type", [])
    found = set(kinds) if isinstance(kinds, list) else {kinds}
    for part in [*schema.get("oneOf", []), *schema.get("anyOf", [])]:
        found |= kinds_of(resolved(part))
    return found
