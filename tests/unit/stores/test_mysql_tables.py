"""What is executed on MySQL: tables first, then a user that owns none of them."""

import re

from dataflow360.clients.account import Account
from dataflow360.stores import mysql_tables

USER = Account("writer", "it's 100% secret")


def statements(host: str = "%") -> list[mysql_tables.Statement]:
    return mysql_tables.statements(USER, host)


def test_every_database_is_made_before_its_tables_and_granted():
    texts = [text for text, _ in statements()]
    made = [text.split()[5] for text in texts if text.startswith("CREATE DATABASE")]
    granted = re.findall(r" ON (\w+)\.\* TO ", "\n".join(texts))
    assert made == granted == ["aerien_db", "dataflow360", "meteo_db"]
    kinds = [" ".join(text.split()[:2]) for text in texts]
    assert kinds == sorted(
        kinds,
        key=["CREATE DATABASE", "CREATE TABLE", "CREATE USER", "ALTER USER", "GRANT SELECT,"].index,
    )


def test_the_user_reads_and_writes_rows_and_owns_no_table():
    granted = " ".join(text for text, _ in statements() if text.startswith("GRANT"))
    assert not re.search(r"\b(ALL|DROP|ALTER|CREATE(?! TEMPORARY)|FILE|SUPER)\b", granted)
    assert "*.*" not in granted


def test_a_user_that_is_there_gets_the_password_of_now():
    """CREATE USER IF NOT EXISTS alone leaves the password of a user that exists."""
    assert ("ALTER USER %s@%s IDENTIFIED BY %s", ("writer", "%", USER.password)) in statements()


def test_there_is_no_moment_in_which_the_user_has_no_password():
    (created,) = [text for text, _ in statements() if text.startswith("CREATE USER")]
    assert "IDENTIFIED BY" in created


def test_the_host_is_the_one_that_is_given():
    with_user = [values for _, values in statements("127.0.0.1") if values is not None]
    assert {values[:2] for values in with_user} == {("writer", "127.0.0.1")}


def test_no_name_or_password_is_part_of_a_statements_text():
    for text, _ in statements():
        assert USER.password not in text
        assert not re.search(r"'\w+'@", text)


def test_a_password_is_not_printed():
    assert USER.password not in repr(USER)
