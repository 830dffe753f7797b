"""Refuses whatever X's document does not know, in the words X uses for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.x.bodies import Body
from connectors.sandbox.x.facts import Endpoint, Param
from connectors.sandbox.x.problems import bad, invalid, problem

Errors = list[tuple[str, str, str]]
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "array": list,
}


def check_path(endpoint: Endpoint, values: Mapping[str, str]) -> None:
    for name, pattern in endpoint.path_patterns.items():
        if not re.match(pattern, values[name]):
            message = f"The `{name}` query parameter value [{values[name]}] does not match {pattern}"
            raise bad(name, values[name], message)


def check_query(endpoint: Endpoint, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The parameters, read as their kinds; lists as lists of names, times as aware datetimes."""
    errors: Errors = []
    read: dict[str, Any] = {}
    for name, value in pairs:
        param = endpoint.query.get(name)
        if param is None:
            known = ",".join(sorted(endpoint.query))
            errors.append((name, value, f"The query parameter [{name}] is not one of [{known}]"))
        elif name in read:
            errors.append((name, value, f"The query parameter [{name}] is given more than once"))
        else:
            read[name] = _read_value(name, value, param, errors)
    for name, param in endpoint.query.items():
        if param.required and name not in read:
            errors.append((name, "", f"The `{name}` query parameter can not be empty"))
    if errors:
        raise invalid(errors)
    return read


def _read_value(name: str, value: str, param: Param, errors: Errors) -> Any:
    try:
        return _READERS[param.kind](value, param)
    except ValueError as reason:
        errors.append((name, value, f"The `{name}` query parameter value [{value}] {reason}"))
        return None


def _read_id(value: str, param: Param) -> int:
    if not re.match(r"^[0-9]{1,19}$", value):
        raise ValueError("is not a valid id")
    return int(value)


def _read_int(value: str, param: Param) -> int:
    if not re.match(r"^-?[0-9]{1,9}$", value) or not (param.low or 0) <= int(value) <= (param.high or 0):
        raise ValueError(f"is not between {param.low} and {param.high}")
    return int(value)


def _read_time(value: str, param: Param) -> datetime:
    if not _TIME.match(value):
        raise ValueError("is not a valid RFC3339 date-time")
    return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(UTC)


def _read_text(value: str, param: Param) -> str:
    if len(value) < (param.low or 0):
        raise ValueError(f"is shorter than {param.low}")
    if param.high is not None and len(value) > param.high:
        raise ValueError(f"is longer than {param.high}")
    return value


def _read_enum(value: str, param: Param) -> str:
    if value not in param.allowed:
        raise ValueError(f"is not one of [{','.join(sorted(param.allowed))}]")
    return value


def _read_list(value: str, param: Param) -> list[str]:
    names = value.split(",")
    for name in names:
        if name not in param.allowed:
            raise ValueError(f"is not one of [{','.join(sorted(param.allowed))}]")
    return names


def _read_ids(value: str, param: Param) -> list[int]:
    names = value.split(",")
    if not (param.low or 0) <= len(names) <= (param.high or 0):
        raise ValueError(f"must hold between {param.low} and {param.high} ids")
    return [_read_id(name, param) for name in names]


_READERS = {
    "id": _read_id,
    "int": _read_int,
    "time": _read_time,
    "text": _read_text,
    "enum": _read_enum,
    "list": _read_list,
    "ids": _read_ids,
}


def check_body(endpoint: Endpoint, raw: bytes, content_type: str) -> dict[str, Any]:
    """The JSON body, every field of which the document knows and has the kind it names."""
    if endpoint.body is None:
        return {}
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise bad("Content-Type", content_type, "The request body must be application/json")
    try:
        document = json.loads(raw)
    except ValueError:
        raise bad("$", "", "$: the request body is not valid JSON") from None
    errors: Errors = []
    _check_value("$", document, endpoint.body, errors)
    if errors:
        raise invalid(errors)
    return dict(document)


def _check_value(where: str, value: Any, spec: Body, errors: Errors) -> None:
    if spec.unplayed:
        raise problem(400, "Not in the sandbox", f"The sandbox does not play '{where.removeprefix('$.')}' yet.")
    if not _is_kind(value, spec.kind):
        errors.append((where, _shown(value), f"{where}: {_kind_of(value)} found, {spec.kind} expected"))
    elif spec.kind == "object":
        _check_object(where, value, spec, errors)
    elif spec.kind == "array" and spec.items is not None:
        for index, item in enumerate(value):
            _check_value(f"{where}[{index}]", item, spec.items, errors)
    elif spec.allowed and value not in spec.allowed:
        names = ", ".join(sorted(spec.allowed))
        errors.append((where, _shown(value), f"{where}: does not have a value in the enumeration [{names}]"))
    elif spec.longest is not None and len(value) > spec.longest:
        errors.append((where, _shown(value), f"{where}: may only be {spec.longest} characters long"))
    elif spec.pattern and not re.match(spec.pattern, value):
        errors.append((where, _shown(value), f"{where}: does not match the regex pattern {spec.pattern}"))


def _is_kind(value: Any, kind: str) -> bool:
    return isinstance(value, _KINDS[kind]) and not (kind == "integer" and isinstance(value, bool))


def _check_object(where: str, value: dict[str, Any], spec: Body, errors: Errors) -> None:
    for name in sorted(spec.required - value.keys()):
        message = f"{where}.{name}: is missing but it is required"
        errors.append((where, _shown(value), message))
    for name, inner in value.items():
        if name in spec.fields:
            _check_value(f"{where}.{name}", inner, spec.fields[name], errors)
        else:
            message = (
                f"{where}.{name}: is not defined in the schema and the schema does not allow additional properties"
            )
            errors.append((f"{where}.{name}", _shown(inner), message))


def _kind_of(value: Any) -> str:
    for name, kind in _KINDS.items():
        if isinstance(value, kind):
            return name
    return "null" if value is None else "number"


def _shown(value: Any) -> str:
    return value[:200] if isinstance(value, str) else json.dumps(value)[:200]
