"""The operator's container image: `python -m deploy.image` builds it without a container engine."""
