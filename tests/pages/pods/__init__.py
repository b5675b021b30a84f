"""The commands of the pages that need the operator in pods."""
