"""The hosts of the real Nova, one in each zone; all of them are in Nova's one process."""

ZONES = {"host-1": "az1", "host-2": "az2", "host-3": "az3"}
