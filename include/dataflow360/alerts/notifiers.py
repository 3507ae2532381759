"""Send a message by the notifier that the settings choose: the log, a webhook, or mail."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Literal

from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.http.notifications.http import HttpNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException
from requests import RequestException, Response
from requests.adapters import HTTPAdapter

from dataflow360.alerts.incidents import Notice
from dataflow360.errors import FatalError, RetriableError
from dataflow360.settings import settings

log = logging.getLogger(__name__)

Notify = Callable[[Notice], None]

WEBHOOK = "dataflow360_webhook"
MAIL_SERVER = "smtp_default"

_TIMEOUT_SECONDS = 10
_HEADLINES = {
    ("late", "opening"): "is late",
    ("late", "closing"): "is on time again",
    ("empty", "opening"): "has landed no row",
    ("empty", "closing"): "lands rows again",
}

# Airflow's notifiers are called by notify(), not by __call__(), which would take their fields for
# Jinja templates: a message quotes what a source has sent.


def notifier() -> Notify:
    """What sends a message as the settings have it.

    The function that is returned raises FatalError when the notifier is not set up, and
    RetriableError when the message could not be sent now.
    """
    senders: Mapping[Literal["log", "webhook", "mail"], Notify] = {
        "log": _log,
        "webhook": _post,
        "mail": _mail,
    }
    return senders[settings().notifier]


def headline(notice: Notice) -> str:
    """A message in a few words."""
    return f"{notice.dag_id} {_HEADLINES[notice.kind, notice.event]}"


def _log(notice: Notice) -> None:
    log.warning("%s", notice.text)


def _post(notice: Notice) -> None:
    """Post a message as JSON; its ``text`` is what chat services show."""
    try:
        connection = BaseHook.get_connection(WEBHOOK)
    except AirflowNotFoundException as error:
        raise _not_set_up("webhook", WEBHOOK) from error
    try:
        _Webhook(
            http_conn_id=WEBHOOK,
            # Without a user, the connection's password is the path below its host: the address of
            # a chat's webhook is its secret.
            endpoint=None if connection.login else connection.password,
            json={
                "text": notice.text,
                "incident": notice.incident_id,
                "event": notice.event,
                "source": notice.dag_id,
                "kind": notice.kind,
            },
            extra_options={"timeout": _TIMEOUT_SECONDS},
        ).notify({})
    except _WebhookError as error:
        raise _not_sent("webhook", WEBHOOK, str(error), notice) from error
    except (RequestException, ValueError) as error:
        # Its words, and those of its causes, have the address.
        raise _not_sent("webhook", WEBHOOK, type(error).__name__, notice) from None


class _WebhookError(Exception):
    """Why a webhook has not taken a message, without its address."""


class _Adapter(HTTPAdapter):
    """Judges an answer before the hook does, which would log the address or what quotes it."""

    def send(self, *args: Any, **kwargs: Any) -> Response:
        try:
            response = super().send(*args, **kwargs)
        except RequestException as error:
            raise _WebhookError(type(error).__name__) from None
        if not response.ok:
            response.close()
            raise _WebhookError(f"it answered {response.status_code} {response.reason}")
        return response


class _Webhook(HttpNotifier):
    """Airflow's notifier with that adapter."""

    @cached_property
    def hook(self) -> HttpHook:
        return HttpHook(method=self.method, http_conn_id=self.http_conn_id, adapter=_Adapter())


def _mail(notice: Notice) -> None:
    try:
        BaseHook.get_connection(MAIL_SERVER)
    except AirflowNotFoundException as error:
        raise _not_set_up("mail", MAIL_SERVER) from error
    try:
        SmtpNotifier(
            smtp_conn_id=MAIL_SERVER,
            to=list(settings().mail_to),
            subject=f"DataFlow360: {headline(notice)}",
            html_content=f"<p>{html.escape(notice.text)}</p>",
        ).notify({})
    except (OSError, ValueError, RuntimeError, AirflowException) as error:
        raise _not_sent("mail", MAIL_SERVER, str(error), notice) from error


def _not_set_up(notifier: str, connection_id: str) -> FatalError:
    return FatalError(
        f"The notifier {notifier} needs the Airflow connection {connection_id}, which is missing; "
        f"set AIRFLOW_CONN_{connection_id.upper()} in .env, and the message will be sent."
    )


def _not_sent(notifier: str, connection_id: str, cause: str, notice: Notice) -> RetriableError:
    return RetriableError(
        f"The message that {headline(notice)} could not be sent by {notifier} (connection "
        f"{connection_id}: {cause}); it is kept, and sent by a later try."
    )
