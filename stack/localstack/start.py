"""Starts LocalStack on the loopback interface; by itself it heeds no host in GATEWAY_LISTEN."""

from functools import partial

from localstack.runtime.main import main
from twisted.internet import endpoints

from stack.localstack.runtime_api import HOST

if __name__ == "__main__":
    endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface=HOST)
    main()
