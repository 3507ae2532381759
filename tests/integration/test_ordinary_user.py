"""Everybody can start the stack, and nothing that its services write lies outside ``.stack``.

A second one is brought up beside the running one, by a user without any right, in a folder with a
blank in its name; without Airflow's own processes, which those of the running stack stand for.
The byte code that Python keeps beside its sources is not looked at, and memory that processes share
(``/dev/shm``) is no file.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from stack import processes
from stack import settings as env_file
from stack.environment import AWS_KEY, AWS_REGION, aws_url
from stack.profiles import Profile
from stack.settings import PORT_PREFIX

pytestmark = pytest.mark.timeout(600)

_SOURCES = ("config", "dags", "include", "lambda", "plugins", "stack")
_EVERYONES = ("/tmp", "/var/tmp", "/run/lock")  # noqa: S108  # only looked at
_MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def user() -> pwd.struct_passwd:
    """Who the stack belongs to: whoever runs the tests, and nobody where that is root."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


# Root's home is closed to others, but the Python that pyenv has put there, or the project, may be
# in it: then it is empty for this one command, but for the two.
_OPEN_HOME = """
for name in python project; do mkdir "$FOLDER/$name"; done
mount --bind "$PYTHON" "$FOLDER/python"
mount --bind "$PROJECT" "$FOLDER/project"
mount -t tmpfs -o mode=755 none "$HOME"
mkdir -p "$PYTHON" "$PROJECT"
mount --move "$FOLDER/python" "$PYTHON"
mount --move "$FOLDER/project" "$PROJECT"
rmdir "$FOLDER/python" "$FOLDER/project"
exec "$@"
"""


@pytest.fixture(scope="module")
def become(user: pwd.struct_passwd, root: Path) -> list[str]:
    """The start of a command that runs as the user, who cannot get any right by sudo either."""
    if os.getuid() != 0:
        return ["setpriv", "--no-new-privs"]
    change = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    plain = ["setpriv", *change, "--inh-caps=-all", "--no-new-privs"]
    look = [*plain, sys.executable, "-c", ""]
    if subprocess.run(look, cwd="/", capture_output=True, check=False).returncode == 0:
        return plain
    paths = [f"PYTHON={sys.base_prefix}", f"PROJECT={root}", f"HOME={Path.home()}"]
    return ["env", *paths, "unshare", "--mount", "sh", "-ec", _OPEN_HOME, "sh", *plain]


@pytest.fixture(scope="module")
def folder(user: pwd.struct_passwd, root: Path) -> Iterator[Path]:
    """The user's folder: a home, which is empty, and a copy of the project, with its downloads."""
    folder = Path(tempfile.mkdtemp(prefix="dataflow360-"))
    project = folder / "my project"
    (folder / "home").mkdir()
    for name in _SOURCES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / name, project / name, ignore=ignored)
    profile = Profile("test", root=project)
    profile.state.mkdir(parents=True)
    profile.lib.symlink_to(root / ".stack" / "lib")
    ports = {name: port + 10_000 for name, port in profile.default_ports.items()}
    lines = (f"{PORT_PREFIX}{name}={port}\n" for name, port in ports.items())
    profile.env_file.write_text("".join(lines))
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def own_stack(folder: Path, become: list[str], user: pwd.struct_passwd) -> Iterator[Profile]:
    """The user's stack."""
    profile = Profile("test", root=folder / "my project")
    own = [f"HOME={folder / 'home'}", f"USER={user.pw_name}", f"PATH={os.environ['PATH']}"]

    def stack(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*become, "env", "-i", *own, sys.executable, "-m", "stack", "--profile=test", *command],
            cwd=profile.root,
            env={**os.environ, "FOLDER": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        done = stack("up", "--without-airflow")
        assert done.returncode == 0, done.stdout + done.stderr
        yield profile
    finally:
        done = stack("down")
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_servers_have_open_lies_in_their_own_folder(own_stack: Profile) -> None:
    put_an_object(own_stack)

    written = files_written_by(own_stack)

    assert [file for file in written if "/s3/landing/" in file]
    assert [file for file in written if not file.startswith(f"{own_stack.state}/")] == []


def test_so_does_what_airflow_has_open() -> None:
    running = Profile("test")

    written = files_written_by(running)

    assert [file for file in written if file.endswith("/airflow-scheduler.log")]
    assert [file for file in written if not file.startswith(f"{running.state}/")] == []


def put_an_object(stack: Profile) -> None:
    """Put one into S3 that is too large to be kept in memory."""
    s3 = boto3.client(
        "s3",
        endpoint_url=aws_url(env_file.load(stack)),
        region_name=AWS_REGION,
        aws_access_key_id=AWS_KEY,
        aws_secret_access_key=AWS_KEY,
    )
    s3.create_bucket(Bucket="landing")
    s3.put_object(Bucket="landing", Key="batch", Body=b"x" * _MEBIBYTE)


def files_written_by(stack: Profile) -> set[str]:
    """The files that the processes of a stack have open for writing."""
    pids = [process.pid for process in processes.of_profile(stack)]
    return {file for pid in pids for file in open_files(pid)}


def open_files(pid: int) -> Iterator[str]:
    """The files that a process has open for writing."""
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(link.readlink())
            info = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text()
        except (FileNotFoundError, ProcessLookupError):  # closed, or ended meanwhile
            continue
        [flags] = [line.split()[1] for line in info.splitlines() if line.startswith("flags:")]
        is_file = target.startswith("/") and not target.startswith(("/dev/", "/proc/"))
        if is_file and int(flags, 8) & (os.O_WRONLY | os.O_RDWR):
            yield target


def test_nothing_of_it_lies_elsewhere(
    own_stack: Profile, folder: Path, user: pwd.struct_passwd
) -> None:
    assert list((folder / "home").rglob("*")) == []
    beside = {path.name for path in own_stack.root.iterdir()}
    assert beside == {*_SOURCES, ".stack"}
    if os.getuid() == 0:  # an ordinary user's other files in these folders are of other programs
        theirs = [path for place in _EVERYONES for path in files_of(user.pw_uid, Path(place))]
        assert [path for path in theirs if not path.is_relative_to(folder)] == []


def files_of(uid: int, place: Path) -> Iterator[Path]:
    """The files and folders of a user."""
    for directory, folders, files in place.walk():
        for name in (*folders, *files):
            path = directory / name
            try:
                if path.lstat().st_uid == uid:
                    yield path
            except FileNotFoundError:  # removed meanwhile
                continue
