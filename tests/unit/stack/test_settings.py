"""The env file: written once, private, completed, checked."""

import re
from pathlib import Path

import pytest

from stack import settings as env_file
from stack.errors import StackError
from stack.profiles import ROOT, Profile
from stack.settings import COMPOSE_LANDING, PORT_PREFIX, SECRET_PREFIX, SETTINGS
from stack.sources import API_KEYS, LIVE_SITES


def test_every_setting_is_written_for_the_owner_only(profile: Profile) -> None:
    settings, added = env_file.ensure(profile)

    assert profile.env_file.stat().st_mode & 0o777 == 0o600
    assert set(added) == set(settings.values) == {setting.name for setting in SETTINGS}
    empty = {name for name, value in settings.values.items() if not value}
    assert empty == {*API_KEYS, LIVE_SITES, COMPOSE_LANDING}


def test_a_second_time_changes_nothing(profile: Profile) -> None:
    env_file.ensure(profile)
    before = profile.env_file.read_bytes()

    _, added = env_file.ensure(profile)

    assert added == []
    assert profile.env_file.read_bytes() == before


def test_missing_settings_are_added_and_the_rest_is_kept(profile: Profile) -> None:
    profile.env_file.write_text("# mine\nAIRFLOW__CORE__PARALLELISM=8\nDATAFLOW360_PORT_MYSQL=3333")

    settings, added = env_file.ensure(profile)

    assert profile.env_file.read_text().startswith("# mine\nAIRFLOW__CORE__PARALLELISM=8\n")
    assert settings.port("MYSQL") == 3333
    assert PORT_PREFIX + "MYSQL" not in added
    assert PORT_PREFIX + "REDIS" in added
    assert settings.own == {"AIRFLOW__CORE__PARALLELISM": "8"}


def test_a_copied_example_gets_its_secrets(profile: Profile) -> None:
    profile.env_file.write_text(env_file.example())

    settings, added = env_file.ensure(profile)

    assert added == [s.name for s in SETTINGS if s.name.startswith(SECRET_PREFIX)]
    assert len(settings.secret("MYSQL")) >= 32


def test_two_profiles_share_no_secret_and_no_port(tmp_path: Path) -> None:
    demo, test = (env_file.ensure(Profile(name, root=tmp_path))[0] for name in ("demo", "test"))

    assert set(demo.values.values()) & set(test.values.values()) == {""}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("DATAFLOW360_PORT_MYSQL=http", "DATAFLOW360_PORT_MYSQL=http"),
        ("DATAFLOW360_PORT_MYSQL=70000", "DATAFLOW360_PORT_MYSQL=70000"),
        ("DATAFLOW360_PORT_MYSQL=6379", "DATAFLOW360_PORT_MYSQL and DATAFLOW360_PORT_REDIS"),
        ("DATAFLOW360_SECRET_KAFKA='a\"b;c d ef'", "DATAFLOW360_SECRET_KAFKA"),
        ("OPENWEATHER_API_KEY='my key'", "OPENWEATHER_API_KEY"),
        ("DATAFLOW360_LIVE_SITES=flightstats,flightaware", "unknown site 'flightaware'"),
    ],
)
def test_a_bad_value_is_named(profile: Profile, line: str, complaint: str) -> None:
    profile.env_file.write_text(line + "\n")

    with pytest.raises(StackError, match=re.escape(complaint)):
        env_file.ensure(profile)


def test_an_older_env_file_without_the_optional_settings_is_read(profile: Profile) -> None:
    env_file.ensure(profile)
    lines = profile.env_file.read_text().splitlines(keepends=True)
    optional = (*API_KEYS, LIVE_SITES, COMPOSE_LANDING)
    profile.env_file.write_text("".join(x for x in lines if not x.startswith(optional)))

    settings = env_file.load(profile)

    assert [settings.values.get(name) for name in API_KEYS] == [None, None]
    assert settings.live_sites == ()


def test_a_wrong_key_is_not_repeated_in_the_error(profile: Profile) -> None:
    profile.env_file.write_text("AVIATIONSTACK_API_KEY='s3cret key'\n")

    with pytest.raises(StackError) as raised:
        env_file.ensure(profile)

    assert "s3cret" not in str(raised.value)


def test_the_committed_example_lists_every_setting() -> None:
    assert (ROOT / ".env.example").read_text() == env_file.example(), (
        "stale: python -c 'from stack import settings; print(settings.example(), end=\"\")'"
        " > .env.example"
    )
