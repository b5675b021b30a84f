"""The operator's container image: `python -m image` builds it without a container engine."""
