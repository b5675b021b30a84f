"""Read how the image is started from the last stage of the Dockerfile, the only place for it."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCKERFILE = Path(__file__).parent / "Dockerfile"


def image_config(text: str) -> dict[str, Any]:
    """Return the `config` of an OCI image that the Dockerfile's last stage describes.

    Raises:
        ValueError: There is an instruction that this module does not know.
    """
    config: dict[str, Any] = {"Env": [], "Labels": {}, "ExposedPorts": {}}
    for word, rest in _last_stage(text):
        match word:
            case "FROM" | "COPY":
                pass  # the content is made by rootfs.py
            case "ENV":
                config["Env"] += shlex.split(rest)
            case "LABEL":
                config["Labels"] |= dict(it.split("=", 1) for it in shlex.split(rest))
            case "EXPOSE":
                config["ExposedPorts"] |= {f"{port}/tcp": {} for port in rest.split()}
            case "USER":
                config["User"] = rest
            case "WORKDIR":
                config["WorkingDir"] = rest
            case "ENTRYPOINT" | "CMD":
                config[word.capitalize()] = json.loads(rest)
            case _:
                raise ValueError(f"{word} is not known here.")
    return config


def _last_stage(text: str) -> Iterator[tuple[str, str]]:
    instructions = [line for line in text.splitlines() if line and not line.startswith("#")]
    start = max(i for i, line in enumerate(instructions) if line.startswith("FROM "))
    for line in instructions[start:]:
        word, _, rest = line.partition(" ")
        yield word, rest
