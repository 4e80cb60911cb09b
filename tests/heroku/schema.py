"""Holds objects against Heroku's published schema.

Draft 4 of JSON schema with Heroku's `strictProperties`: every property is there. Extra
ones are allowed here, and so is what a server of one's own must do differently.
"""

import json
import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

Schema = dict[str, object]

ROOT: Schema = json.loads(Path(__file__).with_name("schema.json").read_bytes())

# Addresses at heroku.com and herokuapp.com belong to someone else.
OTHER_PATTERNS = {"/app/git_url", "/app/web_url"}
# Only the API can say where bytes are fetched; there is no enterprise account, and a
# line of an app's own history needs no owner beside the app.
NOT_HERE = {
    "/slug/blob",
    "/audit-trail-event/owner",
    "/audit-trail-event/enterprise_account",
    "/audit-trail-event/team",
}

# Modelled after Heroku's event, whose API is for enterprises: ours are numbered, and
# what is done on the host itself comes from no address.
OTHER_TYPES = {"/audit-trail-event/id", "/audit-trail-event/request/ip_address"}

TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def mistakes(name: str, answer: object) -> list[str]:
    """Return what is wrong with `answer` as an object that the schema calls `name`."""
    return list(_mistakes({"$ref": f"#/definitions/{name}"}, answer, f"/{name}"))


def _mistakes(schema: Schema, value: object, place: str) -> Iterator[str]:
    schema = _resolved(schema)
    alternatives, items = schema.get("anyOf"), schema.get("items")
    if isinstance(alternatives, list):
        yield from min(
            (list(_mistakes(each, value, place)) for each in alternatives), key=len
        )
    elif place not in OTHER_TYPES and not _has_type(schema, value):
        yield f"{place}: {type(value).__name__} is none of {schema['type']}"
    elif isinstance(value, str):
        yield from _string_mistakes(schema, value, place)
    elif isinstance(value, list) and isinstance(items, dict):
        for item in value:
            yield from _mistakes(items, item, f"{place}[]")
    elif isinstance(value, dict):
        yield from _object_mistakes(schema, value, place)


def _object_mistakes(
    schema: Schema, value: dict[str, object], place: str
) -> Iterator[str]:
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    required = schema.get("required", [])
    assert isinstance(required, list)
    if schema.get("strictProperties"):
        required = [*properties]
    for name in required:
        if name not in value and f"{place}/{name}" not in NOT_HERE:
            yield f"{place}/{name} is missing"
    for name, each in properties.items():
        assert isinstance(each, dict)
        if name in value:
            yield from _mistakes(each, value[name], f"{place}/{name}")


def _string_mistakes(schema: Schema, value: str, place: str) -> Iterator[str]:
    pattern, options = schema.get("pattern"), schema.get("enum")
    if place in OTHER_PATTERNS or not isinstance(pattern, str):
        pattern = ""
    if not re.search(pattern, value, re.ASCII):
        yield f"{place}: {value!r} does not match {pattern}"
    if isinstance(options, list) and value not in options:
        yield f"{place}: {value!r} is none of {options}"
    try:
        if schema.get("format") == "uuid":
            uuid.UUID(value)
        if schema.get("format") == "date-time":
            assert datetime.fromisoformat(value).tzinfo
    except ValueError:
        yield f"{place}: {value!r} is no {schema['format']}"


def _has_type(schema: Schema, value: object) -> bool:
    names = schema.get("type", [])
    assert isinstance(names, list)
    if not names:
        return True
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, TYPES[name]) for name in names)


def _resolved(schema: Schema) -> Schema:
    while isinstance(reference := schema.get("$ref"), str):
        found: object = ROOT
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(found, dict)
            found = found[part]
        assert isinstance(found, dict)
        schema = found
    return schema
