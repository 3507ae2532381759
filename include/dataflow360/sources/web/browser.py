"""One headless Chromium for a whole run, which leaves nothing behind whatever happens.

A local browser hangs on a chain: the kernel kills chromedriver when the process that started it
dies (``setpriv --pdeathsig``), and Chromium ends when the pipe to chromedriver closes
(``--remote-debugging-pipe``). Profiles of killed runs are removed by the next run. With the
setting ``selenium_grid`` the browser is one of a Selenium Grid, which looks after its own.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psutil
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import ChromeOptions, Remote
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError

from dataflow360.clients.http import USER_AGENT
from dataflow360.errors import FatalError, RetriableError
from dataflow360.settings import settings

log = logging.getLogger(__name__)

#: Seconds that a page may take to load.
PAGE_LOAD_SECONDS = 30
#: Seconds after which a driver that does not answer is taken for dead.
DRIVER_SECONDS = 60

_PROFILES = Path(tempfile.gettempdir()) / f"dataflow360-chromium-{os.getuid()}"
_TURN, _LOCK = "turn", "lock"
_END_SECONDS = 5
_SETPRIV = "/usr/bin/setpriv"
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--window-size=1280,1600", f"--user-agent={USER_AGENT}",
)  # fmt: skip
#: What Selenium lets through when the driver or the browser is gone.
_FAILURES = (WebDriverException, HTTPError)


class BrowserDiedError(RetriableError):
    """The browser died although it had been replaced once."""


class Browser:
    """A browser that starts when it is first needed and is replaced once when it dies."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._driver: WebDriver | None = None
        self._deaths: list[str] = []

    def __enter__(self) -> Self:
        """Look whether there is a browser, without starting it.

        Raises:
            FatalError: Chromium, its driver or ``setpriv`` is not installed.
        """
        if not settings().selenium_grid:
            _require_programs()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def use[T](self, visit: Callable[[WebDriver], T]) -> T:
        """Do something with the browser, once more with a new one if it dies meanwhile.

        Args:
            visit: What to do; it may be called twice.

        Raises:
            BrowserDiedError: The browser has died for the second time; it is not started again.
            RetriableError: The browser lives, but could not do it: the site is away or too slow.
        """
        while True:
            if len(self._deaths) > 1:
                raise BrowserDiedError(
                    f"The browser died twice in this run ({self._deaths[-1]}); this task tries "
                    "again with a new one; if it goes on, look at the memory of its machine."
                )
            try:
                if self._driver is None:
                    self._driver = self._open.enter_context(_session())
                return visit(self._driver)
            except _FAILURES as error:
                if _alive(self._driver):
                    raise RetriableError(f"The browser could not do it: {_cause(error)}") from error
                self._deaths.append(_cause(error))
                log.warning("The browser died: %s", self._deaths[-1])
                self._close()

    def _close(self) -> None:
        self._driver = None
        self._open.close()


def _alive(driver: WebDriver | None) -> bool:
    """Whether driver, browser and tab still answer."""
    if driver is None:
        return False
    try:
        return bool(driver.execute_script("return true"))
    except _FAILURES:
        return False


def _cause(error: Exception) -> str:
    """The first line of an error; the others are the driver's own stack."""
    if isinstance(error, TimeoutException):
        return f"the page did not load within {PAGE_LOAD_SECONDS} s"
    if isinstance(error, HTTPError):
        return f"its driver does not answer, {type(error).__name__}"
    text = error.msg if isinstance(error, WebDriverException) and error.msg else str(error)
    return text.splitlines()[0] if text else type(error).__name__


@contextmanager
def _session() -> Iterator[WebDriver]:
    """Open a session of WebDriver; at the end nothing of it is left."""
    options = ChromeOptions()
    for flag in _FLAGS:
        options.add_argument(flag)
    with ExitStack() as stack:
        url = settings().selenium_grid or stack.enter_context(_local_driver(options))
        driver = Remote(url, options=options, client_config=_client_config(url))
        stack.callback(_quit, driver)
        driver.set_page_load_timeout(PAGE_LOAD_SECONDS)
        version = driver.capabilities["browserVersion"]
        log.info("Chromium %s is up at %s", version, urlsplit(url).hostname)
        yield driver


def _client_config(url: str) -> ClientConfig:
    """How to talk to the driver: one that is gone stays gone, so a call is made once."""
    once = {"init_args_for_pool_manager": {"retries": False}}
    return ClientConfig(url, timeout=DRIVER_SECONDS, init_args_for_pool_manager=once)


def _quit(driver: WebDriver) -> None:
    with suppress(*_FAILURES):  # a dead browser has no session to end
        driver.quit()


def _require_programs() -> None:
    for program in (settings().chromium, settings().chromedriver, Path(_SETPRIV)):
        if not program.is_file():
            raise FatalError(
                f"There is no {program}; install chromium, chromium-driver and util-linux, or set "
                "DATAFLOW360_CHROMIUM and DATAFLOW360_CHROMEDRIVER, or use a Selenium Grid by "
                "DATAFLOW360_SELENIUM_GRID."
            )


@contextmanager
def _local_driver(options: ChromeOptions) -> Iterator[str]:
    """Start chromedriver on this machine; yields its URL."""
    with _profile() as profile:
        options.binary_location = str(settings().chromium)
        options.add_argument("--remote-debugging-pipe")
        options.add_argument(f"--user-data-dir={profile}")
        # A path of its own keeps Selenium Manager from asking any site for a driver.
        service = _BoundService(_SETPRIV)
        service.start()
        try:
            yield service.service_url
        finally:
            service.stop()


class _BoundService(Service):
    """chromedriver, killed by the kernel when the thread that started it ends."""

    def command_line_args(self) -> list[str]:
        own: list[str] = super().command_line_args()
        return ["--pdeathsig", "KILL", str(settings().chromedriver), *own]


@contextmanager
def _profile() -> Iterator[Path]:
    """A folder for a browser's profile; at the end neither it nor its browser is there.

    It holds a lock that ends with this process: what a killed run has left is told by that.
    """
    _PROFILES.mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        with (_PROFILES / _TURN).open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            _sweep()
            folder = Path(tempfile.mkdtemp(dir=_PROFILES))
            lock = stack.enter_context((folder / _LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            _remove(folder)


def _sweep() -> None:
    """Remove the profiles, and browsers if any, of runs that were killed."""
    for folder in _PROFILES.iterdir():
        if folder.is_dir():
            # A lock that is held means that the profile is in use, none that it is half removed.
            with suppress(BlockingIOError), ExitStack() as stack:
                with suppress(FileNotFoundError):
                    lock = stack.enter_context((folder / _LOCK).open("r+"))
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a profile as soon as its browser has ended, which it does within a moment."""
    browsers = [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"--user-data-dir={folder}" in (process.info["cmdline"] or ())
    ]
    _, alive = psutil.wait_procs(browsers, timeout=_END_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_END_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)  # another run may be sweeping it
