"""The commands of the pages, run as they stand there; `table` says which test runs which."""
