"""Runs DynamoDB Local on the loopback interface only, which it has no option for.

``python -m stack.localstack.dynamodb_local LIB PORT DIRECTORY JVM-OPTION…``: the directory with
its jars, where it listens, where its tables are kept.
"""

import sys
import threading

import jpype

HOST = "127.0.0.1"


def main() -> None:
    """Start the server and stay until the process is ended."""
    lib, port, directory, *options = sys.argv[1:]
    jpype.startJVM(*options, f"-Djava.library.path={lib}", classpath=[f"{lib}/*"])
    runner = jpype.JClass("com.amazonaws.services.dynamodbv2.local.main.ServerRunner")
    server = runner.createServerFromCommandLineArgs(
        ["-port", port, "-dbPath", directory, "-disableTelemetry"]
    )
    field = server.getClass().getDeclaredField("server")
    field.setAccessible(True)
    for connector in field.get(server).getConnectors():
        connector.setHost(HOST)
    server.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
