"""Whether a site may be visited: its owner's terms and its robots.txt."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from dataflow360.clients.http import USER_AGENT
from dataflow360.errors import FatalError, RetriableError
from dataflow360.settings import settings
from dataflow360.sources import sites
from dataflow360.sources.source import Site

_SECONDS = 20
_CLIENT_ERRORS = range(400, 500)


def require_opt_in(site: Site, base_url: str) -> None:
    """Let the real site be visited only where someone has decided so.

    Args:
        site: The site.
        base_url: The host of the site's connection.

    Raises:
        FatalError: It is the real site, and the setting does not name it; or the setting names a
            site that there is not.
    """
    live, free = settings().live_sites, {name for name, s in sites().items() if not s.key_setting}
    if unknown := set(live) - free:
        raise FatalError(
            f"DATAFLOW360_LIVE_SITES names {', '.join(sorted(unknown))}, which is no site that is "
            f"read without a key; those are {', '.join(sorted(free))}."
        )
    host = urlsplit(base_url).hostname or ""
    is_real = host == site.domain or host.endswith(f".{site.domain}")
    if is_real and site.name not in live:
        raise FatalError(
            f"The data of {host} are its owner's and under terms of use: read them, and if they "
            f"permit your use add {site.name} to DATAFLOW360_LIVE_SITES, or let the connection "
            f"{site.connection_id} point to the source simulator; nothing was fetched."
        )


def require_robots(base_url: str, urls: list[str]) -> None:
    """Honour the site's robots.txt (RFC 9309).

    Args:
        base_url: Root of the site, beside whose pages robots.txt lies.
        urls: What is to be visited.

    Raises:
        FatalError: It disallows one of the URLs.
        RetriableError: It cannot be had, which forbids visits for the time being.
    """
    address = f"{base_url}/robots.txt"
    try:
        answer = httpx.get(
            address, headers={"User-Agent": USER_AGENT}, timeout=_SECONDS, follow_redirects=True
        )
    except httpx.HTTPError as error:
        raise RetriableError(
            f"{address} does not answer ({type(error).__name__}); this task tries again."
        ) from error
    if answer.status_code in _CLIENT_ERRORS:
        return  # there are no rules
    if not answer.is_success:
        raise RetriableError(
            f"{address} answers with status {answer.status_code}; this task tries again."
        )
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    for url in urls:
        if not rules.can_fetch(USER_AGENT, url):
            raise FatalError(
                f"{address} disallows {urlsplit(url).path} for {USER_AGENT}; "
                "nothing was fetched, and this source stays off until its owner allows it."
            )
