"""What a Docker daemon changes in the machine's packet filter, and how it is taken back."""

import json
import shlex
import subprocess
from pathlib import Path

from stack.errors import StackError

_TABLES = ("filter", "nat", "raw")
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def refuse_beside_another_daemon() -> None:
    """Refuse where a Docker daemon already keeps its rules: two would overwrite each other's."""
    if rules_of_docker():
        raise StackError(
            "a Docker daemon runs on this machine, and make test-compose starts one of its own, "
            "which would share the packet filter's chains with it: stop that one first"
        )


def rules_of_docker() -> list[str]:
    """The chains of Docker that the packet filter has."""
    return [f"{table} {chain}" for table in _TABLES for chain in _chains(table)]


def remember(file: Path) -> None:
    """Write down what a daemon will change, so that it can be restored, even by a later process."""
    (policy,) = [line.split()[2] for line in _rules("filter") if line.startswith("-P FORWARD ")]
    file.write_text(json.dumps({"policy": policy, "forwarding": _FORWARDING.read_text().strip()}))


def restore(file: Path) -> None:
    """Remove Docker's chains and every rule that names one, and restore what was remembered."""
    before = json.loads(file.read_text())
    for table in _TABLES:
        chains = _chains(table)
        for rule in _rules(table):
            words = shlex.split(rule)
            if words[0] == "-A" and words[1] not in chains and set(words) & set(chains):
                _iptables("-t", table, "-D", *words[1:])
        for option in ("-F", "-X"):
            for chain in chains:
                _iptables("-t", table, option, chain)
    _iptables("-P", "FORWARD", before["policy"])
    _FORWARDING.write_text(before["forwarding"])
    file.unlink()


def _chains(table: str) -> list[str]:
    return [
        line.split()[1]
        for line in _rules(table)
        if line.startswith("-N ") and line.split()[1].startswith("DOCKER")
    ]


def _rules(table: str) -> list[str]:
    return _iptables("-t", table, "-S").splitlines()


def _iptables(*arguments: str) -> str:
    result = subprocess.run(
        ["/usr/sbin/iptables", "--wait", *arguments], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise StackError(f"iptables {' '.join(arguments)} failed: {result.stderr.strip()}")
    return result.stdout
