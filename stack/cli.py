"""The command line: ``python -m stack [--profile demo|test] COMMAND``."""

import sys
import time
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stack import clients, lifecycle, supervisor
from stack import demo as demonstration
from stack import settings as env_file
from stack.environment import airflow_url, project_environment
from stack.errors import StackError
from stack.profiles import Profile
from stack.settings import Settings
from stack.simulator import client as simulation

app = typer.Typer(
    help="The local stack: real servers on this machine, without Docker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Without a terminal, lines are as long as a wide one's.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


class ProfileName(StrEnum):
    """The profiles by name."""

    demo = "demo"
    test = "test"


@app.callback()
def choose_profile(
    context: typer.Context,
    profile: Annotated[ProfileName, typer.Option(help="Which stack to act on.")] = ProfileName.demo,
) -> None:
    """Act on the local stack."""
    context.obj = Profile(profile.value)


@app.command()
def up(context: typer.Context, without_airflow: bool = False) -> None:
    """Start whatever is not running and wait until it is ready."""
    profile: Profile = context.obj
    started = time.monotonic()
    before = len([state for state in supervisor.states(profile) if state.pid])
    settings = lifecycle.up(profile, _report, with_airflow=not without_airflow)
    after = len([state for state in supervisor.states(profile) if state.pid])
    seconds = time.monotonic() - started
    if before == after:
        console.print(f"The stack '{profile.name}' was up already ({after} programs).")
    else:
        console.print(f"The stack '{profile.name}' is up: {after} programs, {seconds:.0f} s.")
    if not without_airflow:
        print_login(settings)


@app.command()
def demo(context: typer.Context) -> None:
    """Start everything, run every DAG for real and show what landed where."""
    settings = lifecycle.up(context.obj, _report)
    demonstration.run(settings, console)
    print_login(settings)


@app.command()
def down(context: typer.Context) -> None:
    """Stop everything and see that no process is left."""
    lifecycle.down(context.obj, _report)


@app.command()
def status(context: typer.Context) -> None:
    """Show every program's state; the exit code is 1 if one is broken."""
    profile: Profile = context.obj
    states = supervisor.states(profile)
    if not states:
        console.print(f"The stack '{profile.name}' is down.")
        raise typer.Exit(1)
    settings = env_file.load(profile)
    ports = {
        program.name: ", ".join(str(settings.port(port)) for port in program.ports)
        for service in lifecycle.services(settings)
        for program in service.programs
    }
    table = Table("service", "state", "pid", "uptime", "port", title=f"stack '{profile.name}'")
    for state in states:
        alive = state.state == "RUNNING"
        table.add_row(
            state.name,
            f"[{'green' if alive else 'red'}]{state.state.lower()}",
            str(state.pid or ""),
            _duration(time.time() - state.started) if alive else "",
            ports.get(state.name, ""),
        )
    console.print(table)
    broken = [state.name for state in states if state.state not in ("RUNNING", "STOPPED")]
    raise typer.Exit(1 if broken else 0)


@app.command()
def logs(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="A program, as status names it.")] = "",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as they grow.")] = False,
    lines: Annotated[int, typer.Option("-n", help="How many lines to begin with.")] = 50,
) -> None:
    """Print the end of the logs, of all programs or of one."""
    profile: Profile = context.obj
    files = sorted(profile.logs.glob(f"{service or '*'}.log"))
    if not files:
        known = ", ".join(path.stem for path in sorted(profile.logs.glob("*.log"))) or "none yet"
        raise StackError(f"there is no log of '{service}'; there are: {known}")
    flags = ["-F"] if follow else []
    clients.become(clients.Client(("tail", "-n", str(lines), *flags, *map(str, files)), {}))


@app.command()
def clean(context: typer.Context) -> None:
    """Stop everything and remove all data, logs and settings of the profile."""
    lifecycle.clean(context.obj, _report)


@app.command()
def init(context: typer.Context) -> None:
    """Create users, tables and topics where they are missing ('up' does it too)."""
    lifecycle.initialise(context.obj, _report)


@app.command()
def env(context: typer.Context) -> None:
    """Write the env file, or add the settings that it lacks."""
    profile: Profile = context.obj
    lifecycle.write_settings(profile, _report)
    console.print(f"Settings: {profile.env_file}")


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def run(context: typer.Context, command: list[str]) -> None:
    """Run a command with the stack's whole environment."""
    settings = env_file.load(context.obj)
    clients.become(clients.Client(tuple(command), project_environment(settings)))


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def client(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="kafka, mysql, cqlsh, redis-cli, aws or airflow.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Handed to the client.")] = None,
) -> None:
    """Open a store's own client with the project's credentials."""
    if name not in clients.CLIENTS:
        raise StackError(f"there is no client '{name}': choose of {', '.join(clients.CLIENTS)}")
    settings = env_file.load(context.obj)
    clients.become(clients.CLIENTS[name](settings, arguments or []))


@app.command()
def simulate(
    context: typer.Context,
    fault: Annotated[
        str, typer.Argument(help="SOURCE:FAULT to turn on, 'none' to turn all off.")
    ] = "",
    times: Annotated[int | None, typer.Option(help="How many requests it hits.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="How long 'slow' waits, what Retry-After says.")
    ] = None,
    match: Annotated[
        str | None, typer.Option(help="Hits only requests whose path and query contain this.")
    ] = None,
) -> None:
    """Make a simulated source fail; without a fault, list sources, faults and what is on."""
    settings = env_file.load(context.obj)
    if fault == "none":
        simulation.turn_off(settings)
    elif fault:
        simulation.turn_on(settings, fault, times=times, seconds=seconds, match=match)
    _print_faults(settings)


def print_login(settings: Settings) -> None:
    """Print where Airflow's UI is and how to sign in."""
    password = settings.secret("AIRFLOW_ADMIN")
    console.print(
        f"Airflow: {airflow_url(settings)}  user admin, password {password}", soft_wrap=True
    )


def main() -> None:
    """Run the command line; a StackError becomes one message and exit code 1."""
    try:
        app()
    except StackError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"[red]error:[/] {error}", markup=True
        )
        sys.exit(1)


def _report(line: str) -> None:
    console.print(f"  {line}", markup=False, soft_wrap=True)


def _print_faults(settings: Settings) -> None:
    state = simulation.faults(settings)
    table = Table("source", "on", "faults", title="simulated sources")
    for source, known in state["sources"].items():
        switch = state["on"].get(source, {})
        options = [
            f"{name} {switch[name]}"
            for name in ("times", "seconds", "match")
            if switch.get(name) is not None
        ]
        on = ", ".join([switch["fault"], *options]) if switch else "-"
        table.add_row(source, on, " ".join(known))
    console.print(table)


def _duration(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}"
