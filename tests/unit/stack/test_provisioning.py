"""The library is imported only when something is made with it."""

import subprocess
import sys
from pathlib import Path

_IMPORTED = """
import sys
import stack.cli
print([name for name in sys.modules if name.split(".")[0] in ("dataflow360", "airflow", "pandas")])
"""


def test_the_stacks_command_line_needs_neither_the_library_nor_airflow(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
