"""The one exception that the stack raises for the person at the terminal."""


class StackError(Exception):
    """What failed, with what, and what to do about it, in one readable sentence."""
