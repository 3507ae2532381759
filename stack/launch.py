"""Start of a supervised program that needs the project's environment.

``python -m stack.launch PROFILE COMMAND…`` ends what an earlier, killed instance of the program
left behind, then becomes the command, with the settings as they are now.
"""

import os
import sys

from stack import settings
from stack.environment import project_environment
from stack.profiles import Profile
from stack.sweep import sweep


def main() -> None:
    """Become the command in the arguments."""
    name, *command = sys.argv[1:]
    profile = Profile(name)
    sweep(profile)
    environment = {**os.environ, **project_environment(settings.load(profile))}
    os.execvpe(command[0], command, environment)  # noqa: S606  # no shell is meant


if __name__ == "__main__":
    main()
