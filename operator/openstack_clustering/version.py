"""The version of the client and of the distribution."""

__version__ = "0.1.0"
