"""The version, for `User-Agent`."""

__version__ = "0.1.0"
