"""Bringing a profile up and down."""

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from stack import java, node, ports, processes, supervisor
from stack import settings as env_file
from stack.errors import StackError
from stack.profiles import Profile
from stack.programs import Service
from stack.provisioning import Provisioning
from stack.servers import (
    airflow,
    cassandra,
    kafka,
    localstack,
    mysql,
    postgres,
    redis,
    simulator,
)
from stack.settings import Settings

Report = Callable[[str], None]
"""Takes one line on what was done."""

_PROBE_PAUSE = 0.25


def services(settings: Settings) -> tuple[Service, ...]:
    """Every service of the stack, in the order in which they are stopped last to first."""
    provisioning = Provisioning(settings.profile.root)
    first = (
        postgres.service(settings),
        mysql.service(settings, provisioning),
        redis.service(settings),
        cassandra.service(settings, provisioning),
        kafka.service(settings, provisioning),
        simulator.service(settings),
        *localstack.services(settings),
        airflow.metadata(settings),
        airflow.api(settings),
    )
    return (*first, airflow.service(settings, tuple(service.name for service in first)))


def up(profile: Profile, report: Report, *, with_airflow: bool = True) -> Settings:
    """Start what is not running, and leave it ready for use."""
    with _alone(profile):
        settings = write_settings(profile, report)
        _download(profile, report)
        all_services = services(settings)
        programs = [program for service in all_services for program in service.programs]
        wanted = [s for s in all_services if with_airflow or s.name not in airflow.NAMES]
        _make_directories(settings)
        _check_ports(settings, wanted)
        supervisor.ensure(profile, programs)
        _bring_up(settings, wanted, report)
        return settings


def down(profile: Profile, report: Report) -> None:
    """Stop everything, in order, and see that no process is left."""
    with _alone(profile):
        _stop(profile, report)


def clean(profile: Profile, report: Report) -> None:
    """Stop everything and remove the profile's state and env file."""
    if profile.state.exists():
        with _alone(profile):
            _stop(profile, report)
    if profile.state.exists():
        shutil.rmtree(profile.state)
        report(f"removed {profile.state}")
    for path in (profile.short_state, profile.env_file):
        if path.exists(follow_symlinks=False):
            path.unlink()
            report(f"removed {path}")


def initialise(profile: Profile, report: Report) -> None:
    """Create users, tables and topics again, where they are missing."""
    settings = env_file.load(profile)
    running = {state.name for state in supervisor.states(profile) if state.state == "RUNNING"}
    for service in services(settings):
        if all(program.name in running for program in service.programs):
            _initialise(service)
            report(f"{service.name} initialised")


def write_settings(profile: Profile, report: Report) -> Settings:
    """Make sure that the env file is whole and belongs to the state that is there."""
    if not profile.env_file.exists() and (profile.state / "supervisord.conf").exists():
        raise StackError(
            f"{profile.env_file} is gone, but {profile.state} was made with its passwords: "
            f"put it back, or start afresh with '{profile.target} clean'"
        )
    settings, added = env_file.ensure(profile)
    if added:
        report(f"wrote {len(added)} settings to {profile.env_file}")
    return settings


@contextmanager
def _alone(profile: Profile) -> Iterator[None]:
    profile.state.mkdir(parents=True, exist_ok=True)
    profile.state.chmod(0o711)  # PostgreSQL's user passes through; files are private
    _link_short_state(profile)
    lock = profile.state.with_suffix(".lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_directories(settings: Settings) -> None:
    profile = settings.profile
    for directory in (profile.logs, profile.sockets, profile.temporary):
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
    for name in ("DATAFLOW360_LANDING", "DATAFLOW360_INBOX"):
        path = settings.path(name)
        if "://" not in path:
            Path(path).mkdir(parents=True, exist_ok=True)


def _link_short_state(profile: Profile) -> None:
    link = profile.short_state
    if link == profile.state or (link.is_symlink() and link.readlink() == profile.state):
        return
    try:
        link.symlink_to(profile.state)
    except FileExistsError:
        raise StackError(
            f"{link} should lead to {profile.state}, and does not: remove it"
        ) from None


def _download(profile: Profile, report: Report) -> None:
    missing = [
        (source, server)
        for source in (java, node)
        for server in source.SERVERS
        if not source.is_downloaded(profile, server)
    ]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda each: each[0].download(profile, each[1]), missing))
    if missing:
        report(f"downloaded {' and '.join(server for _, server in missing)}")


def _check_ports(settings: Settings, wanted: list[Service]) -> None:
    active = {
        state.name for state in supervisor.states(settings.profile) if state.state == "RUNNING"
    }
    if not active:
        processes.end(list(processes.of_profile(settings.profile)))
    names = [
        port
        for service in wanted
        for program in service.programs
        if program.name not in active
        for port in program.ports
    ]
    ports.check_free(settings, names)


def _bring_up(settings: Settings, wanted: list[Service], report: Report) -> None:
    futures: dict[str, Future[None]] = {}

    def work(service: Service) -> None:
        for need in service.needs:
            futures[need].result()
        _make_ready(settings.profile, service, report)

    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        for service in wanted:
            futures[service.name] = pool.submit(work, service)
        wait(futures.values(), return_when=FIRST_EXCEPTION)
        for future in futures.values():
            future.result()


def _make_ready(profile: Profile, service: Service, report: Report) -> None:
    started = time.monotonic()
    service.prepare()
    for program in service.programs:
        program.directory.mkdir(parents=True, exist_ok=True)
        supervisor.start(profile, program.name)
    _await(profile, service)
    _initialise(service)
    report(f"{service.name} is ready ({time.monotonic() - started:.1f} s)")


def _initialise(service: Service) -> None:
    try:
        service.initialise()
    except StackError:
        raise
    except Exception as error:
        raise StackError(
            f"creating users, tables or topics in {service.name} failed: "
            f"{type(error).__name__}: {error}"
        ) from error


def _await(profile: Profile, service: Service) -> None:
    deadline = time.monotonic() + service.ready_seconds
    while True:
        try:
            return service.probe()
        except Exception as error:  # each client has errors of its own
            for program in service.programs:
                supervisor.check_alive(profile, program.name)
            if time.monotonic() > deadline:
                raise StackError(
                    f"{service.name} does not answer after {service.ready_seconds} s ({error}); "
                    f"see '{profile.target} logs {service.programs[0].name}'"
                ) from error
        time.sleep(_PROBE_PAUSE)


def _stop(profile: Profile, report: Report) -> None:
    running = [state.name for state in supervisor.states(profile) if state.pid]
    airflow_first = (
        [name for name in running if name.startswith("airflow")],
        [name for name in running if not name.startswith("airflow")],
    )
    for names in airflow_first:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: supervisor.stop(profile, name), names))
    supervisor.shut_down(profile)
    left = list(processes.of_profile(profile))
    processes.end(left)
    stubborn = [process.pid for process in processes.of_profile(profile)]
    if stubborn:
        raise StackError(f"processes {stubborn} do not end: kill them by hand")
    if running:
        report(f"stopped {len(running)} programs" + (f", killed {len(left)}" if left else ""))
    else:
        report("nothing was running")
