"""AviationStack's flights of the current day, within a quota of calls a month.

``fetching`` is what the DAG wires, ``request`` its params; ``plan`` shares out the calls,
``calls`` makes them, ``api`` says what an answer means and ``answers`` reads the flights in it.
This file is imported while DAG files are parsed, and therefore imports nothing.
"""
