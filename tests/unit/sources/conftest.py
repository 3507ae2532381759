"""What the tests of sources share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.sdk import ObjectStoragePath

from dataflow360.pipeline.extraction import Extraction
from dataflow360.sources.csv_files import files


@pytest.fixture(scope="session")
def extraction_of() -> Callable[[Path], Extraction]:
    """What there is to fetch of a CSV file on this machine."""
    return lambda path: files.file(ObjectStoragePath(path), path.name)
