"""The resources' full names, as policies and mappings need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataflow360 import names


@dataclass(frozen=True)
class Arns:
    """Names of the resources as policies and mappings need them.

    Attributes:
        partition: ``aws``, but in the regions that are apart.
        region: Such as ``us-east-1``.
        account: The account's twelve digits.
    """

    partition: str
    region: str
    account: str

    @classmethod
    def of(cls, sts: Any) -> Arns:
        """The names in the account and region of a client of STS."""
        identity = sts.get_caller_identity()
        partition = identity["Arn"].split(":")[1]
        return cls(partition, sts.meta.region_name, identity["Account"])

    @property
    def stream(self) -> str:
        """The Kinesis stream."""
        return self._name("kinesis", f"stream/{names.STREAM}")

    @property
    def queue(self) -> str:
        """The failure queue."""
        return self._name("sqs", names.FAILURE_QUEUE)

    @property
    def log_group(self) -> str:
        """The function's log group."""
        return self._name("logs", f"log-group:{names.LOG_GROUP}")

    @property
    def role_name(self) -> str:
        """Name of the function's role, and of the policy in it."""
        return f"{names.ROLE_PREFIX}_{self.region}"

    @property
    def role(self) -> str:
        """The function's role."""
        return f"arn:{self.partition}:iam::{self.account}:role/{self.role_name}"

    def table(self, name: str) -> str:
        """A DynamoDB table."""
        return self._name("dynamodb", f"table/{name}")

    def _name(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"
