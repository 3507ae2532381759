"""Read one page for each part of a source, with one browser for all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import orjson
from selenium.webdriver.remote.webdriver import WebDriver

from dataflow360.clients import redis
from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import DataFlowError, FatalError, RetriableError
from dataflow360.pipeline.chunk import Chunk, Missing
from dataflow360.pipeline.run import Run
from dataflow360.sources.source import Site
from dataflow360.sources.web.browser import Browser
from dataflow360.sources.web.evidence import Evidence
from dataflow360.sources.web.page_text import PageText
from dataflow360.sources.web.permission import require_opt_in, require_robots
from dataflow360.sources.web.scripted_page import ScriptedPage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to read.

    Attributes:
        part: What it is of; an IATA code.
        url: Its address.
        parse: The records on it.
        expected: How many records it must have at least.
    """

    part: str
    url: str
    parse: Callable[[PageText], Chunk]
    expected: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a visit has brought: records, and why some or all of them are missing."""

    chunk: Chunk | None = None
    fault: DataFlowError | None = None

    @property
    def size(self) -> int:
        """Number of records."""
        return len(self.chunk.positions) + len(self.chunk.refused) if self.chunk else 0


@dataclass(frozen=True, slots=True)
class Scrape:
    """One run over the pages of a site.

    Attributes:
        site: The site.
        page: The page object that all pages obey.
        run: The run of the DAG.
        refetch: Read all pages again, those too that an earlier run has read.
    """

    site: Site
    page: ScriptedPage
    run: Run
    refetch: bool

    def read(self, visits_of: Callable[[str], Sequence[Visit]]) -> Iterator[Chunk | Missing]:
        """Read the pages one after the other; one that cannot be read does not stop the others.

        Args:
            visits_of: The pages to read, from the site's base address.

        Yields:
            The records of each page, and for each page that lacks some what is missing.

        Raises:
            FatalError: The site must not be visited, no browser is installed, or every page could
                be read and all are empty.
            RetriableError: The site does not say whether it may be visited.
        """
        base_url = self.site.address()
        require_opt_in(self.site, base_url)
        visits = visits_of(base_url)
        require_robots(base_url, [visit.url for visit in visits])
        found, failed = 0, False
        with redis.connect() as client, Browser() as browser:
            answers = RawAnswers(client, self.site.name, self.run.scope(refetch=self.refetch))
            for number, visit in enumerate(visits, start=1):
                reading = self._reading(visit, browser, answers)
                log.info(
                    "%s (%s of %s): %s", visit.part, number, len(visits),
                    reading.fault or f"{reading.size} records",
                )  # fmt: skip
                found += reading.size
                if reading.chunk:
                    yield reading.chunk
                if reading.fault:
                    failed = True
                    yield Missing(visit.part, reading.fault)
        if not found and not failed:
            raise self._all_empty(len(visits))

    def _reading(self, visit: Visit, browser: Browser, answers: RawAnswers) -> _Reading:
        """What an earlier try has read, or else the page as it is now."""
        if answer := answers.get(visit.part):
            return _Reading(visit.parse(PageText(**orjson.loads(answer))))
        try:
            text, reading = browser.use(partial(self._read, visit))
        except DataFlowError as error:
            return _Reading(fault=error)
        if reading.size and not reading.fault:
            answers.put(visit.part, orjson.dumps(text))
        return reading

    def _read(self, visit: Visit, driver: WebDriver) -> tuple[PageText, _Reading]:
        try:
            text = self.page.read(driver, visit.url)
            reading = _Reading(visit.parse(text))
        except DataFlowError as error:
            seen = self._evidence.keep(driver, visit.part)
            raise type(error)(f"{str(error).rstrip('.')}; {seen}.") from error
        if reading.size and reading.size >= visit.expected:
            return text, reading
        seen = self._evidence.keep(driver, visit.part)
        if reading.size >= visit.expected:
            log.info(
                "The %s of %s says that there is nothing; %s", self.page.name, visit.part, seen
            )
            return text, reading
        return text, _Reading(
            reading.chunk,
            RetriableError(
                f"The {self.page.name} {visit.url} has {reading.size} of {visit.expected} records "
                f"in {self.page.places}; {seen}."
            ),
        )

    @property
    def _evidence(self) -> Evidence:
        return Evidence(self.run.dag_id, self.run.interval.key)

    def _all_empty(self, pages: int) -> FatalError:
        return FatalError(
            f"Every {self.page.name} that was read ({pages}) is empty where records were expected "
            f"in {self.page.places}; see {self._evidence.folder} in the landing zone."
        )
