"""What of the library is heavy is imported only when something is made with it."""

import subprocess
import sys
from pathlib import Path

_IMPORTED = """
import sys
import stack.cli
heavy = ("airflow", "pandas", "pyarrow")
print([name for name in sys.modules if name in heavy])
"""


def test_the_stacks_command_line_needs_neither_airflow_nor_arrow(
    root: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
