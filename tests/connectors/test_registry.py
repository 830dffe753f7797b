"""Networks are found by their folder or by an installed package's entry point, and one broken one stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import networks, registry
from connectors.errors import ConfigError
from connectors.http import Http
from tests.connectors.x_world import TOKENS

SECRET = "canary-token-9b0c"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install packages for this test: real modules on the path with real entry-point metadata."""

    def install(**modules: str) -> None:
        info = tmp_path / "thirdparty-1.0.dist-info"
        info.mkdir()
        info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n")
        lines = [f"{name} = third_{name}:CONNECTOR" for name in modules]
        info.joinpath("entry_points.txt").write_text("[socialdesk.connectors]\n" + "\n".join(lines) + "\n")
        for name, source in modules.items():
            tmp_path.joinpath(f"third_{name}.py").write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))

    return install


GOOD = """
from connectors.networks.x.connector import XConnector
class CONNECTOR(XConnector):
    key = "elsewhere"
"""


def test_every_folder_of_networks_is_a_connector_with_the_folder_s_name() -> None:
    folders = {path.parent.name for path in Path(networks.__path__[0]).glob("*/__init__.py")}
    assert set(registry.built_in()) == folders
    for key in folders:
        assert registry.get(key).key == key


def test_a_third_party_network_is_found_by_its_entry_point(installed) -> None:
    installed(elsewhere=GOOD)
    assert registry.keys() == sorted([*registry.built_in(), "elsewhere"])
    assert registry.get("elsewhere").key == "elsewhere"


def test_a_broken_third_party_is_one_sentence_and_stops_no_other(installed) -> None:
    installed(
        elsewhere=GOOD,
        broken=f"raise RuntimeError('{SECRET}')",
        strange="CONNECTOR = 7",
        misnamed=GOOD,
    )
    found, problems = registry.available()
    assert {"x", "elsewhere"} <= set(found)
    assert sorted(problems) == [
        "The network “broken” (third_broken:CONNECTOR) cannot be loaded: RuntimeError.",
        "The network “misnamed” calls itself “elsewhere”; the two must agree.",
        "The network “strange” is not a connector class.",
    ]


def test_a_third_party_cannot_replace_a_built_in(installed) -> None:
    installed(x=GOOD)
    assert registry.get("x").__module__ == "connectors.networks.x.connector"


def test_an_unknown_network_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="There is no network called “nowhere” here"):
        registry.get("nowhere")


def test_a_connector_is_built_from_settings_and_secrets_kept_apart() -> None:
    connector = registry.build("x", {"account_id": "12"}, {**TOKENS, "access_token": SECRET}, Http())
    assert connector.config.account_id == "12"
    assert SECRET not in repr(connector.config)
    assert "access_token" in registry.secret_fields(type(connector.config))


def test_settings_from_a_command_line_get_their_fields_own_types() -> None:
    given = {"account_id": "12", "history": "7", "overlap_seconds": "90", "human_agent": "yes"}
    config = registry.build("facebook", given, {"access_token": "t", "app_secret": "s"}, Http()).config
    assert (config.account_id, config.history, config.overlap_seconds, config.human_agent) == ("12", 7, 90, True)


@pytest.mark.parametrize("settings", [{"history": "many"}, {"human_agent": "perhaps"}, {"days": "1.5"}])
def test_a_setting_of_the_wrong_type_is_one_sentence(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"The setting {next(iter(settings))} must be"):
        registry.build("facebook", settings, {"access_token": "t", "app_secret": "s"}, Http())


@pytest.mark.parametrize(
    ("config", "secrets", "sentence"),
    [
        ({"access_token": SECRET}, {}, "unknown setting: access_token"),
        ({}, {"account_id": SECRET}, "unknown secret: account_id"),
        ({"account_id": SECRET}, TOKENS, "must be its number"),
        ({"account_id": 12}, {**TOKENS, "access_token": SECRET}, "cannot be read"),
        ({}, {}, "no credentials"),
        ({}, {"access_token": SECRET}, "no credentials"),
        ({}, {"consumer_key": SECRET}, "1.0a also needs: consumer_secret, access_token, access_token_secret"),
        ({}, {"access_token": SECRET, "refresh_token": "t"}, "2.0 also needs: client_id, client_secret"),
        ({}, {**TOKENS, "consumer_key": SECRET}, "either by OAuth 1.0a or by OAuth 2.0"),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence_without_values(config, secrets, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        registry.build("x", config, secrets, Http())
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None or SECRET not in repr(caught.value.__context__)
