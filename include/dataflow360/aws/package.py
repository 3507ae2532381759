"""The code of the Lambda function as Lambda takes it: a zip that is the same for the same code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from dataflow360.names import FUNCTION_FOLDER

_UNIX = 3
_READABLE = 0o644 << 16
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def consumer_zip(folder: Path = FUNCTION_FOLDER) -> bytes:
    """Pack the modules of a folder.

    The bytes follow from names and contents alone: dates and rights are fixed, and nothing is
    compressed, for that differs from one zlib to the next.

    Args:
        folder: Where the function's modules lie; the project's ``lambda/`` unless a test says so.

    Raises:
        FileNotFoundError: There is no module in the folder.
    """
    modules = sorted(folder.glob("*.py"))
    if not modules:
        raise FileNotFoundError(
            f"The code of the Lambda function is not in {folder}: install the project with it."
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for module in modules:
            entry = zipfile.ZipInfo(module.name, _FIRST_DATE)
            entry.create_system = _UNIX
            entry.external_attr = _READABLE
            archive.writestr(entry, module.read_bytes())
    return packed.getvalue()
