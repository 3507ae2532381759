"""The local stack: real servers on this machine, without Docker, under supervisor."""
