"""Start of a supervised program whose children may outlive it when it is killed.

``python -m stack.sweep PROFILE COMMAND…`` ends what an earlier, killed instance of the program
left behind, then becomes the command.
"""

import os
import sys

from stack import processes
from stack.profiles import Profile


def sweep(profile: Profile) -> None:
    """End the processes of an earlier instance of the program that this one is the start of."""
    program = os.environ["SUPERVISOR_PROCESS_NAME"]
    processes.end(list(processes.of_profile(profile, program)))


def main() -> None:
    """Become the command in the arguments."""
    name, *command = sys.argv[1:]
    sweep(Profile(name))
    os.execvp(command[0], command)  # noqa: S606  # no shell is meant


if __name__ == "__main__":
    main()
