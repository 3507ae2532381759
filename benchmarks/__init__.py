"""Measurements: the project against the ordinary ways of doing the same, on the same rows.

``python -m stack --profile test run -- python -m benchmarks`` runs them all on the stores of the
test stack, in tables and topics of their own.
"""
