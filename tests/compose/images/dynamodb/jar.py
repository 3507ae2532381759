"""Writes DynamoDBLocal.jar, which names the engine's jars and the class to start."""

import zipfile
from pathlib import Path

_LINE = 72
"""The most bytes of a manifest's line; a longer one goes on after a line break and a blank."""


def _folded(line: str) -> str:
    parts = [line[:_LINE]]
    parts += [line[at : at + _LINE - 1] for at in range(_LINE, len(line), _LINE - 1)]
    return "\r\n ".join(parts) + "\r\n"


jars = " ".join(str(jar) for jar in sorted(Path("DynamoDBLocal_lib").glob("*.jar")))
manifest = (
    "Manifest-Version: 1.0\r\n"
    "Main-Class: com.amazonaws.services.dynamodbv2.local.main.ServerRunner\r\n"
    + _folded(f"Class-Path: {jars}")
    + "\r\n"
)
with zipfile.ZipFile("DynamoDBLocal.jar", "w") as archive:
    archive.writestr("META-INF/MANIFEST.MF", manifest)
