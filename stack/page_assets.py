"""What the page in Airflow's UI serves of other people's work: made from npm's packages, committed.

``python -m stack.page_assets`` makes it anew, after a file of ``stack/npm/page/`` has changed.
"""

import shutil
from pathlib import Path

from stack import node
from stack.commands import run
from stack.profiles import Profile

DIRECTORY = Path("plugins/dataflow360_page/static/vendor")
"""Where it is, below the project."""

_NAME = "page"
_SCRIPTS = ("build.mjs", "vendor.js")


def packages(profile: Profile) -> Path:
    """The folder with the packages in ``node_modules``, downloaded as their lock has them."""
    if not node.is_downloaded(profile, _NAME):
        node.download(profile, _NAME)
    return profile.lib / _NAME


def make(profile: Profile, target: Path) -> None:
    """Make the files in a folder.

    Raises:
        StackError: npm or node is missing, or has failed.
    """
    folder = packages(profile)
    for script in _SCRIPTS:
        # The download is told from an older one by its lock alone.
        shutil.copy(profile.root / "stack" / "npm" / _NAME / script, folder)
    run(
        [node.find_node(), str(folder / "build.mjs"), str(target)],
        log=profile.root / ".stack" / "page-assets.log",
        what="bundling what the page takes from npm",
    )


if __name__ == "__main__":
    own = Profile("demo")
    make(own, own.root / DIRECTORY)
