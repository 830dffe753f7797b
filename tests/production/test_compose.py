"""No Docker engine is at hand, so what docker-compose.yml, Dockerfile and Caddyfile say is compared with what is
run: the Procfile's commands, bootstrap's steps, the settings' names."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from connectors.sandbox.harness import ROOT
from tests.production.stack import arguments, procfile

# What is read by others than us: uvicorn, the images of PostgreSQL and Caddy.
NOT_OURS = {"FORWARDED_ALLOW_IPS"}
DESK = ("web", "worker", "beat", "migrate")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return dict(compose["services"])


def dockerfile() -> list[tuple[str, str]]:
    """Its instructions, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def known_names() -> set[str]:
    """Environment names that the settings, or our code beside them, read."""
    source = (ROOT / "socialdesk" / "settings.py").read_text()
    names = {
        node.args[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "env"
        and node.args and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip
    assert {"SECRET_KEY", "DATABASE_URL", "SEND_LEASE"} <= names
    return names | set(re.findall(r'environ\.get\("(WEB_\w+)"', (ROOT / "socialdesk" / "asgi.py").read_text()))


def test_the_commands_are_the_procfiles(services: dict[str, Any]) -> None:
    image = [json.loads(rest) for word, rest in dockerfile() if word == "CMD"][-1]
    assert arguments(procfile()["web"]) == image
    assert "command" not in services["web"]
    for kind in ("worker", "beat"):
        assert services[kind]["command"] == arguments(procfile()[kind])
    assert services["migrate"]["command"] == arguments(procfile()["release"])
    assert set(procfile()) == {"release", "web", "worker", "beat"}


def test_images_are_pinned(services: dict[str, Any]) -> None:
    images = {service["image"] for service in services.values() if "build" not in service}
    images |= {rest.split()[0] for word, rest in dockerfile() if word == "FROM"}
    assert len(images) == 5
    for image in images:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", image), f"{image} may be another one tomorrow"


def test_every_name_in_the_environment_is_one_that_is_read(services: dict[str, Any]) -> None:
    for kind in DESK:
        assert set(services[kind]["environment"]) - NOT_OURS <= known_names()
    example = {
        line.partition("=")[0]
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    }
    asked = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "docker-compose.yml").read_text()))
    assert example == asked | {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}
    assert "FORWARDED_ALLOW_IPS" in (Path(__import__("uvicorn").__file__).parent / "config.py").read_text()


def test_no_secret_stands_in_the_files(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|KEY", key):
                assert re.fullmatch(r"\$\{\w+:\?\}", value), f"{name}: {key}"
        assert (service.get("env_file") == ".env") is (name in DESK)
    ignored = [(ROOT / name).read_text().split() for name in (".gitignore", ".dockerignore")]
    assert all(".env" in lines for lines in ignored)
    secrets = [line for line in (ROOT / ".env.example").read_text().splitlines() if re.match(".*(KEY|PASSWORD)", line)]
    assert all(line.startswith("#") or line.endswith("=") for line in secrets)


def test_only_the_proxy_is_reached_from_outside(compose: dict[str, Any], services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert {name for name, service in services.items() if service.get("networks") == ["inside"]} == {
        "postgres", "valkey", "beat", "migrate",
    }  # fmt: skip
    assert services["proxy"]["networks"] == ["outside"]


def test_nothing_runs_as_root_or_writes_to_its_image(services: dict[str, Any]) -> None:
    users = [rest for word, rest in dockerfile() if word == "USER"]
    assert re.fullmatch(r"[1-9]\d*", users[-1])
    assert f"--uid {users[-1]} " in (ROOT / "Dockerfile").read_text()
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        if name == "certificates":  # gives the new volume to the proxy, without a network
            assert (service["network_mode"], service["cap_add"], service["restart"]) == ("none", ["CHOWN"], "no")
            assert service["command"][:2] == ["chown", services["proxy"]["user"]]
        elif name not in DESK:
            assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), name
        assert "privileged" not in service
        assert name in ("proxy", "certificates") or service["security_opt"] == ["no-new-privileges:true"]


def test_everything_waits_for_what_it_needs(services: dict[str, Any]) -> None:
    for kind in ("web", "worker", "beat"):
        needs = {name: need["condition"] for name, need in services[kind]["depends_on"].items()}
        assert needs == {
            "migrate": "service_completed_successfully", "postgres": "service_healthy", "valkey": "service_healthy",
        }  # fmt: skip
    assert services["proxy"]["depends_on"]["web"] == {"condition": "service_healthy"}
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == "no"
    healthy = {name for name, service in services.items() if "test" in service.get("healthcheck", {})}
    assert healthy == {"proxy", "postgres", "valkey"}
    assert [word for word, _ in dockerfile()].count("HEALTHCHECK") == 1
    assert "healthcheck" not in services["web"]


def test_who_is_stopped_gets_the_time_it_needs(services: dict[str, Any]) -> None:
    def seconds(kind: str) -> int:
        return int(services[kind]["stop_grace_period"].removesuffix("s"))

    web = arguments(procfile()["web"])
    assert seconds("web") > int(web[web.index("--timeout-graceful-shutdown") + 1])
    assert seconds("worker") > 20  # HTTP_DEADLINE
    source = (ROOT / "socialdesk" / "settings.py").read_text()
    assert 'env.float("HTTP_DEADLINE", default=20.0)' in source


def test_the_image_is_built_as_bootstrap_installs(static_root: Path) -> None:
    steps = dockerfile()
    runs = " && ".join(rest for word, rest in steps if word == "RUN")
    bootstrap = (ROOT / "scripts" / "bootstrap.py").read_text()
    for step, ours in (("pip install -r requirements.txt", '"requirements.txt"'), ("npm ci", '"ci"')):
        assert step in runs
        assert ours in bootstrap
    copied = " ".join(rest for word, rest in steps if word == "COPY")
    assert {"package.json", "package-lock.json", ".npmrc", "requirements.txt"} <= set(copied.split())
    manifest = json.loads((static_root / "staticfiles.json").read_text())
    assert manifest["paths"]["desk/base.css"] != "desk/base.css"
    assert any(name.startswith("inter/") for name in manifest["paths"])


def test_the_image_keeps_what_pages_draw_from_npms_packages() -> None:
    copied = [rest.split()[-1].removeprefix("./") for word, rest in dockerfile() if word == "COPY"]
    for folder in settings.FRONT_END_PACKAGES.values():
        needed = folder.relative_to(ROOT).as_posix()
        assert any(needed.startswith(place) for place in copied if place.startswith("node_modules")), needed
    assert not [rest for word, rest in dockerfile() if word == "RUN" and "rm -rf node_modules" in rest]
