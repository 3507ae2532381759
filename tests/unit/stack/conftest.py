"""A profile whose project directory is a temporary one."""

from pathlib import Path

import pytest

from stack import settings as env_file
from stack.profiles import Profile
from stack.settings import Settings


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile("demo", root=tmp_path)


@pytest.fixture
def settings(profile: Profile) -> Settings:
    return env_file.ensure(profile)[0]
