"""What ends a command with one line for its user."""


class CommandError(Exception):
    """Wrong use or wrong data: the message is all that the user sees."""
