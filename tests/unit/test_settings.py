"""Settings come from the environment; what is wrong there is named."""

import pytest
from pydantic import ValidationError

from dataflow360.errors import FatalError
from dataflow360.settings import settings


def test_settings_are_read_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFLOW360_MAX_BAD_SHARE", "0.25")
    found = settings()
    assert (found.landing, found.inbox) == (str(tmp_path / "landing"), str(tmp_path / "inbox"))
    assert found.max_bad_share == 0.25


def test_the_landing_zone_may_be_a_bucket(monkeypatch):
    monkeypatch.setenv("DATAFLOW360_LANDING", "s3://bucket/some/prefix/")
    assert settings().landing == "s3://bucket/some/prefix/"


@pytest.mark.parametrize(
    "value", ["", "s3://", "s3:///a", "s3://A", "s3://user@bucket/a", "gs://bucket", "file:///a"]
)
def test_a_landing_zone_that_is_neither_folder_nor_bucket_is_refused(value, monkeypatch):
    monkeypatch.setenv("DATAFLOW360_LANDING", value)
    with pytest.raises(FatalError, match=r"DATAFLOW360_LANDING is wrong: .*s3://bucket/prefix"):
        settings()


def test_half_of_the_rows_may_be_bad_unless_told():
    assert settings().max_bad_share == 0.5


def test_settings_are_read_once(monkeypatch):
    first = settings()
    monkeypatch.setenv("DATAFLOW360_LANDING", "/elsewhere")
    assert settings() is first


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        settings().landing = "/elsewhere"


@pytest.mark.parametrize("name", ["DATAFLOW360_LANDNIG", "DATAFLOW360_", "DATAFLOW360_INBOX_2"])
def test_an_unknown_variable_is_named_with_those_that_there_are(name, monkeypatch):
    monkeypatch.setenv(name, "x")
    with pytest.raises(FatalError) as refused:
        settings()
    sentence = str(refused.value)
    assert f"The variable {name} is not a setting" in sentence
    assert "DATAFLOW360_INBOX, DATAFLOW360_LANDING, DATAFLOW360_LIVE_SITES" in sentence


@pytest.mark.parametrize("value", ["1.5", "-0.1", "half", "nan", ""])
def test_a_bad_value_is_named(value, monkeypatch):
    monkeypatch.setenv("DATAFLOW360_MAX_BAD_SHARE", value)
    with pytest.raises(
        FatalError, match=r"DATAFLOW360_MAX_BAD_SHARE is wrong: .*; set it in \.env"
    ):
        settings()


@pytest.mark.parametrize("name", ["DATAFLOW360_LANDING", "DATAFLOW360_INBOX"])
def test_a_missing_variable_is_named(name, monkeypatch):
    monkeypatch.delenv(name)
    with pytest.raises(FatalError, match=f"The variable {name} is wrong: Field required"):
        settings()


@pytest.mark.parametrize("name", ["DATAFLOW360_PORT_MYSQL", "DATAFLOW360_SECRET_MYSQL"])
def test_the_local_stacks_own_variables_are_left_alone(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    assert settings().max_bad_share == 0.5


def test_other_variables_are_none_of_its_business(monkeypatch):
    monkeypatch.setenv("OTHER_LANDING", "x")
    assert settings().max_bad_share == 0.5


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("", ()),
        ("flightstats", ("flightstats",)),
        (" visualcrossing, flightstats,", ("visualcrossing", "flightstats")),
    ],
)
def test_live_sites_are_names_between_commas(text, sites, monkeypatch):
    monkeypatch.setenv("DATAFLOW360_LIVE_SITES", text)
    assert settings().live_sites == sites


def test_no_site_is_live_by_default():
    assert settings().live_sites == ()


def test_alerts_go_to_the_log_unless_told():
    assert (settings().notifier, settings().mail_to) == ("log", ())


def test_mails_go_to_the_addresses_between_commas(monkeypatch):
    monkeypatch.setenv("DATAFLOW360_NOTIFIER", "mail")
    monkeypatch.setenv("DATAFLOW360_MAIL_TO", "awa@example.org, kofi@example.org")
    assert settings().mail_to == ("awa@example.org", "kofi@example.org")


@pytest.mark.parametrize("addresses", [None, "", " , "])
def test_mails_need_an_address(addresses, monkeypatch):
    monkeypatch.setenv("DATAFLOW360_NOTIFIER", "mail")
    if addresses is not None:
        monkeypatch.setenv("DATAFLOW360_MAIL_TO", addresses)
    with pytest.raises(FatalError, match=r"DATAFLOW360_MAIL_TO is wrong: .*at least one address"):
        settings()


def test_an_unknown_notifier_is_refused(monkeypatch):
    monkeypatch.setenv("DATAFLOW360_NOTIFIER", "pager")
    with pytest.raises(FatalError, match=r"DATAFLOW360_NOTIFIER is wrong: .*'webhook'"):
        settings()
