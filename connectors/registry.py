"""Which networks there are. A network is one folder under connectors/networks, or an installed package.

A built-in is found by its folder: ``connectors/networks/<key>/connector.py`` defines ``CONNECTOR``.
Third parties publish a class in the entry-point group ``socialdesk.connectors``; its name is the key.
Nothing is imported before it is asked for.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from connectors import networks
from connectors.base import Connector
from connectors.errors import ConfigError, ConnectorError
from connectors.http import Http

GROUP = "socialdesk.connectors"

AnyConnector = type[Connector[Any]]


@cache
def built_in() -> tuple[str, ...]:
    """Keys of the networks in this project, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(networks.__path__) if module.ispkg))


def third_party() -> dict[str, EntryPoint]:
    """Entry points of installed packages by key. A built-in of the same key wins."""
    known = set(built_in())
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in known}


def keys() -> list[str]:
    """Every key, without importing any network."""
    return sorted([*built_in(), *third_party()])


def get(key: str) -> AnyConnector:
    """The connector class of ``key``. Raises ConfigError, in one sentence, if there is none or it is broken."""
    if key in built_in():
        return _built_in_class(key)
    point = third_party().get(key)
    if point is None:
        raise ConfigError(f"There is no network called “{key}” here.")
    return _checked(key, _loaded(point))


def available() -> tuple[dict[str, AnyConnector], list[str]]:
    """All usable classes by key, and one sentence for each that cannot be used."""
    found: dict[str, AnyConnector] = {}
    problems: list[str] = []
    for key in keys():
        try:
            found[key] = get(key)
        except ConnectorError as error:
            problems.append(str(error))
    return found, problems


def build(key: str, config: Mapping[str, Any], secrets: Mapping[str, str], http: Http) -> Connector[Any]:
    """A connector for one connection.

    ``config`` and ``secrets`` are the values of the network's configuration class; a field whose
    metadata says ``secret`` is taken from ``secrets`` only, every other one from ``config`` only.
    Raises ConfigError, which names fields and never values.
    """
    connector = get(key)
    return connector(load_config(connector.config_class, config, secrets), http)


def setting(key: str, config: Mapping[str, Any], name: str) -> Any:
    """One setting of a connection: as it is stored, or what its network takes where nothing is. Needs no secret."""
    config_class = get(key).config_class
    default = next(item.default for item in dataclasses.fields(config_class) if item.name == name)
    return _typed(config_class, {name: config.get(name, default)})[name]


def secret_fields(config_class: type[Any]) -> list[str]:
    """Names of the fields that hold secrets, in the order of the form."""
    return [item.name for item in dataclasses.fields(config_class) if item.metadata.get("secret")]


def load_config(config_class: type[Any], config: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
    """An instance of a network's configuration class from what is stored."""
    secret = set(secret_fields(config_class))
    public = {item.name for item in dataclasses.fields(config_class) if item.init} - secret
    _refuse_unknown(set(config) - public, "setting")
    _refuse_unknown(set(secrets) - secret, "secret")
    failure: ConfigError | None = None  # raised outside the handler: the cause may hold a value
    try:
        return config_class(**_typed(config_class, config), **secrets)
    except ConfigError:
        raise
    except (TypeError, ValueError):
        required = [
            item.name
            for item in dataclasses.fields(config_class)
            if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        ]
        missing = [name for name in required if name not in config and name not in secrets]
        lacking = f"The connection lacks: {', '.join(missing)}."
        failure = ConfigError(lacking if missing else "The connection's settings cannot be read.")
    raise failure


def _typed(config_class: type[Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with their fields' own types: a command line and a form give everything as text."""
    kinds = {item.name: getattr(item.type, "__name__", str(item.type)) for item in dataclasses.fields(config_class)}
    return {
        name: _read(name, value, kinds[name]) if isinstance(value, str) else value for name, value in config.items()
    }


def _read(name: str, text: str, kind: str) -> Any:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    readers: dict[str, tuple[Callable[[str], Any], str]] = {
        "int": (int, "a whole number"),
        "float": (float, "a number"),
        "bool": (lambda value: words[value.lower()], "yes or no"),
    }
    read, wanted = readers.get(kind, (str, "a text"))
    try:
        return read(text)
    except (KeyError, ValueError):
        reason = f"The setting {name} must be {wanted}."
    raise ConfigError(reason)


def _refuse_unknown(names: Collection[str], kind: str) -> None:
    if names:
        raise ConfigError(f"The connection has an unknown {kind}: {', '.join(sorted(names))}.")


@cache
def _built_in_class(key: str) -> AnyConnector:
    module = importlib.import_module(f"{networks.__name__}.{key}.connector")
    return _checked(key, module.CONNECTOR)


def _loaded(point: EntryPoint) -> Any:
    """The object behind an entry point; whatever its import raises becomes one sentence."""
    try:
        return point.load()
    except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything at import
        reason = type(error).__name__
    raise ConfigError(f"The network “{point.name}” ({point.value}) cannot be loaded: {reason}.")


def _checked(key: str, candidate: Any) -> AnyConnector:
    if not (isinstance(candidate, type) and issubclass(candidate, Connector)):
        raise ConfigError(f"The network “{key}” is not a connector class.")
    name = getattr(candidate, "key", "")
    if name != key:
        raise ConfigError(f"The network “{key}” calls itself “{name}”; the two must agree.")
    if not dataclasses.is_dataclass(getattr(candidate, "config_class", None)):
        raise ConfigError(f"The network “{key}” has no configuration class.")
    return candidate
