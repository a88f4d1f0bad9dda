"""What the command line ends with as wrong usage, without importing what raises it."""


class UsageError(ValueError):
    """What was asked for cannot be had; the message says why, for a person."""
