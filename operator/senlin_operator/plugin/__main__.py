"""Entry point: `python -m senlin_operator.plugin`, the same as `kubectl-senlin`."""

from senlin_operator.plugin import main

main()
