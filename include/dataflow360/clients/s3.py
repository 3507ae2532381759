"""Objects of S3, each written and read as a whole.

Unlike a file, an object appears under its key when the last byte of it has arrived, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath, PurePosixPath
from typing import IO, Any, Self

from botocore.exceptions import ClientError

from dataflow360.errors import FatalError
from dataflow360.settings import S3_URL

_FORBIDDEN = {
    "403", "AccessDenied", "AllAccessDisabled", "ExpiredToken", "InvalidAccessKeyId",
    "InvalidToken", "SignatureDoesNotMatch",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObjectPath:
    """Where an object is, or a folder of them; joined as a ``Path`` is.

    Whoever answers is decided by the Airflow connection ``dataflow360_aws``: AWS, LocalStack or
    another server that speaks S3. The methods raise ``FatalError`` where the bucket is missing or
    the connection's user is refused.

    Attributes:
        bucket: The bucket.
        key: The object's key in it; empty for the bucket itself.
    """

    bucket: str
    key: str

    @classmethod
    def of_url(cls, url: str) -> Self:
        """Parse ``s3://bucket/prefix``.

        Raises:
            ValueError: It is something else.
        """
        parts = S3_URL.fullmatch(url)
        if parts is None:
            raise ValueError(f"'{url}' is not of the form s3://bucket/prefix")
        key = "/".join(name for name in (parts["key"] or "").split("/") if name)
        return cls(parts["bucket"], key)

    def __truediv__(self, name: str | PurePath) -> ObjectPath:
        """What lies in this folder under a name."""
        return ObjectPath(self.bucket, f"{self.key}/{name}" if self.key else str(name))

    def __str__(self) -> str:
        """The URL."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def name(self) -> str:
        """The last part of the key."""
        return PurePosixPath(self.key).name

    @property
    def parent(self) -> ObjectPath:
        """The folder that this is in."""
        parent = PurePosixPath(self.key).parent
        return ObjectPath(self.bucket, "" if parent == PurePosixPath() else str(parent))

    def exists(self) -> bool:
        """Whether there is such an object."""
        try:
            with self._readable():
                _client().head_object(Bucket=self.bucket, Key=self.key)
        except FileNotFoundError:
            return False
        return True

    def upload(self, file: IO[bytes]) -> None:
        """Make the object of what a file has from here on, in the place of the one before."""
        with self._readable():
            _client().upload_fileobj(file, self.bucket, self.key)

    def create(self, content: bytes) -> bool:
        """Make the object unless there is one; of several that try, one does.

        Returns:
            Whether it was this one.
        """
        try:
            with self._readable():
                _client().put_object(
                    Bucket=self.bucket, Key=self.key, Body=content, IfNoneMatch="*"
                )
        except FileExistsError:
            return False
        return True

    def download(self, file: IO[bytes]) -> None:
        """Write the object's content into a file.

        Raises:
            FileNotFoundError: There is no such object.
        """
        with self._readable():
            _client().download_fileobj(self.bucket, self.key, file)

    def file_system(self) -> tuple[str, Any]:
        """The path, and the file system that it is one of: how others read many objects as one."""
        from airflow.sdk import ObjectStoragePath

        from dataflow360.names import AWS_CONNECTION

        path = ObjectStoragePath(str(self), conn_id=AWS_CONNECTION)
        path.fs.invalidate_cache()  # it would not see what has come since it first looked
        return path.path, path.fs

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn what S3 answers into the errors of files, or into a sentence.

        What is not turned here, a server that is away for example, is as with every other service
        of AWS (``stores/failures.py``).
        """
        try:
            yield
        except ClientError as error:
            code = error.response["Error"]["Code"]
            # A HEAD answer has no body: 404 may mean the object or the bucket.
            if code == "NoSuchBucket" or (code == "404" and not self._has_bucket()):
                raise FatalError(
                    f"There is no bucket {self.bucket} on S3 (connection dataflow360_aws); make "
                    "it, or mend DATAFLOW360_LANDING in .env, then clear this task."
                ) from error
            if code in {"404", "NoSuchKey"}:
                raise FileNotFoundError(str(self)) from error
            if code == "PreconditionFailed" and error.operation_name == "PutObject":
                raise FileExistsError(str(self)) from error
            if code in _FORBIDDEN:
                raise self._refusal(error) from error
            raise

    def _has_bucket(self) -> bool:
        try:
            _client().head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                return False
            raise self._refusal(error) from error
        return True

    def _refusal(self, error: ClientError) -> FatalError:
        return FatalError(
            f"S3 refuses the user of connection dataflow360_aws at {self}: {error}; mend its "
            "password or its policies (s3:GetObject and s3:PutObject on the objects, "
            "s3:ListBucket on the bucket), then clear this task."
        )


@cache
def _client() -> Any:
    """The client of this process; it may be used by several threads."""
    from dataflow360.clients.aws import client

    return client("s3")
