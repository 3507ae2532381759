"""The zip of the function: the same bytes for the same code, whenever and wherever it is packed."""

import io
import os
import zipfile

import pytest

from dataflow360.aws.package import consumer_zip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lambda_consumer.py").write_text("def lambda_handler(event, context): ...\n")
    (tmp_path / "helper.py").write_text("ANSWER = 42\n")
    return tmp_path


def entries(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_the_projects_handler(root):
    code = (root / "lambda" / "lambda_consumer.py").read_bytes()
    assert entries(consumer_zip()) == {"lambda_consumer.py": code}


def test_dates_rights_and_other_files_do_not_matter(folder):
    before = consumer_zip(folder)
    os.utime(folder / "helper.py", (0, 2_000_000_000))
    (folder / "helper.py").chmod(0o600)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "helper.cpython-313.pyc").write_bytes(b"compiled")
    assert consumer_zip(folder) == before


def test_the_order_is_that_of_the_names(folder):
    assert list(entries(consumer_zip(folder))) == ["helper.py", "lambda_consumer.py"]


def test_lambda_may_read_what_it_unpacks(folder):
    with zipfile.ZipFile(io.BytesIO(consumer_zip(folder))) as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


def test_changed_code_is_another_zip(folder):
    before = consumer_zip(folder)
    (folder / "helper.py").write_text("ANSWER = 43\n")
    assert consumer_zip(folder) != before


def test_a_folder_without_code_is_not_packed(tmp_path):
    with pytest.raises(FileNotFoundError, match="install the project"):
        consumer_zip(tmp_path)
