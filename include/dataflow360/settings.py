"""Settings, read once from the environment: every variable starts with ``DATAFLOW360_``."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dataflow360.errors import FatalError

_PREFIX = "DATAFLOW360_"
#: Prefixes of the servers' own variables in .env, which share the project's prefix.
_STACK_PREFIXES = (f"{_PREFIX}PORT_", f"{_PREFIX}SECRET_", f"{_PREFIX}COMPOSE_")


def _names(text: object) -> object:
    """The names in a comma-separated text."""
    if not isinstance(text, str):
        return text
    return tuple(name.strip() for name in text.split(",") if name.strip())


#: How a bucket of S3 is named, and a prefix in it.
S3_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<key>/.*)?")


def _folder_or_bucket(text: str) -> str:
    if not text or ("://" in text and not S3_URL.fullmatch(text)):
        raise ValueError(f"{text!r} is neither a folder nor of the form s3://bucket/prefix")
    return text


class Settings(BaseSettings):
    """What a deployment can set.

    Attributes:
        landing: The landing zone: a folder that all workers share, or ``s3://bucket/prefix``.
        inbox: What ``csv_files`` watches: a folder, or an ``s3://`` URL.
        max_bad_share: A run with more than this share of refused rows is red (0 to 1).
        live_sites: Sites that may really be asked, their owners' terms permitting
            (comma-separated); the names are those that sources declare.
        chromium: Path of the Chromium that reads script-driven pages.
        chromedriver: Path of its driver.
        selenium_grid: URL of a Selenium Grid whose browsers are used instead.
        aviationstack_monthly_calls: Calls a month that the plan of the AviationStack key has.
        notifier: What is told of late and empty sources: the task's log, a webhook (connection
            ``dataflow360_webhook``) or a mail server (connection ``smtp_default``).
        mail_to: Addresses that such mails go to (comma-separated).
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")

    landing: Annotated[str, AfterValidator(_folder_or_bucket)]
    inbox: str = Field(min_length=1)
    max_bad_share: float = Field(default=0.5, ge=0, le=1)
    live_sites: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    chromium: Path = Path("/usr/bin/chromium")
    chromedriver: Path = Path("/usr/bin/chromedriver")
    selenium_grid: str | None = None
    aviationstack_monthly_calls: int = Field(default=100, ge=1)
    notifier: Literal["log", "webhook", "mail"] = "log"
    mail_to: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        default=(), validate_default=True
    )

    @field_validator("mail_to")
    @classmethod
    def _mails_have_an_address(
        cls, addresses: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        if info.data.get("notifier") == "mail" and not addresses:
            raise ValueError("the notifier mail needs at least one address")
        return addresses


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        FatalError: A ``DATAFLOW360_*`` variable is missing, unknown or has a bad value.
    """
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(_PREFIX) and not name.startswith(_STACK_PREFIXES) and name not in known
    )
    if unknown:
        raise FatalError(
            f"The variable {unknown[0]} is not a setting of the project; "
            f"the settings are {', '.join(sorted(known))}."
        )
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        first = error.errors()[0]
        raise FatalError(
            f"The variable {_PREFIX}{str(first['loc'][0]).upper()} is wrong: {first['msg']}; "
            "set it in .env."
        ) from error
