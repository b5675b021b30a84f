"""Generate files of the chart and the kustomization: `make chart`.

The chart contains copies of the custom resources, since Helm reads no files outside of a chart. Its
README has a table of the values. The kustomization is the chart, rendered with its defaults.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from senlin_operator.plugin.checks.kubernetes import digest
from tools.helm import helm_binary

HERE = Path(__file__).parent
CHART = HERE / "senlin-operator"
KUSTOMIZE = HERE.parent / "kustomize"
CRDS = HERE.parents[1] / "crds"
DIGESTS = HERE.parents[1] / "operator" / "senlin_operator" / "plugin" / "definitions.txt"
NAME = "senlin-operator"  # of the chart, its release, and the namespace

# The kustomization's components: the chart's template, and the value that enables it.
COMPONENTS = {
    "service-monitor": ("servicemonitor", "serviceMonitor"),
    "prometheus-rule": ("prometheusrule", "prometheusRule"),
    "dashboards": ("dashboards", "dashboards"),
}
_TABLE = "<!-- What follows is made by `make chart` from values.yaml. -->\n"
_HELMS_LABELS = re.compile(r"\n +(app\.kubernetes\.io/managed-by|helm\.sh/chart): .*")
_SOURCE = re.compile(rf"^---\n# Source: {NAME}/templates/(\S+)\n", re.MULTILINE)

Helm = Callable[..., str]


def custom_resources() -> dict[Path, str]:
    """Return the chart's copies of the custom resources, and Kustomize's list of them."""
    copies = CHART / "files" / "crds"
    files = {copies / crd.name: crd.read_text() for crd in sorted(CRDS.glob("*.yaml"))}
    names = "".join(f"  - {path.name}\n" for path in files)
    head, _, _ = (copies / "Kustomization").read_text().partition("  - ")
    return files | {copies / "Kustomization": head + names}


def digests() -> dict[Path, str]:
    """Return the digests of the custom resources, by which `kubectl senlin doctor` knows them."""
    definitions = [yaml.safe_load(crd.read_text()) for crd in sorted(CRDS.glob("*.yaml"))]
    lines = (f"{it['spec']['names']['plural']} {digest(it)}\n" for it in definitions)
    return {DIGESTS: "".join(lines)}


def readme() -> dict[Path, str]:
    """Return the chart's README with the table of its values."""
    path = CHART / "README.md"
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    rows = [
        f"| `{'.'.join(keys)}` | `{json.dumps(_at(values, keys))}` | {text} |\n"
        for keys, text in documented((CHART / "values.yaml").read_text())
    ]
    table = "\n| Value | Default | What it is |\n|---|---|---|\n" + "".join(rows)
    return {path: path.read_text().partition(_TABLE)[0] + _TABLE + table}


def documented(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the keys and the comment of each value with a comment that starts with two dashes."""
    outer: list[tuple[int, str]] = []
    comment = ""
    for line in text.splitlines():
        if match := re.fullmatch(r" *# -- (.*)", line):
            comment = match[1]
        elif match := re.match(r"( *)([A-Za-z]+):", line):
            indent, key = len(match[1]), match[2]
            outer = [(depth, name) for depth, name in outer if depth < indent] + [(indent, key)]
            if comment:
                yield tuple(name for _, name in outer), comment
                comment = ""


def kustomization(helm: Helm) -> dict[Path, str]:
    """Return the chart rendered with its defaults, a file for each template.

    Kustomize has no hooks, and so no uninstall guard.
    """
    base = _rendered(helm, "--no-hooks", "--set=crds.install=false", "--set=uninstallGuard=false")
    files = {KUSTOMIZE / "base" / name: text for name, text in base.items()}
    for component, (template, value) in COMPONENTS.items():
        only = f"--show-only=templates/{template}.yaml"
        for name, text in _rendered(helm, only, f"--set={value}.enabled=true").items():
            files[KUSTOMIZE / "components" / component / name] = text
    return files


def _rendered(helm: Helm, *options: str) -> dict[str, str]:
    """Return the rendered objects by template, without the labels that only Helm sets."""
    text = helm("template", NAME, str(CHART), f"--namespace={NAME}", *options)
    _, *parts = _SOURCE.split(_HELMS_LABELS.sub("", text))
    files: dict[str, str] = {}
    for name, part in zip(parts[::2], parts[1::2], strict=True):
        objects = [*([files[name]] if name in files else []), part.strip() + "\n"]
        files[name] = "---\n".join(objects)
    return files


def _at(values: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        values = values[key]
    return values


def _helm(*arguments: str) -> str:
    command = [str(helm_binary()), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def main() -> None:
    """Write all files; the copies first, because the chart renders from them."""
    for folder in (CHART / "files" / "crds", KUSTOMIZE / "base"):
        for old in folder.glob("*.yaml"):
            if old.name != "kustomization.yaml":
                old.unlink()
    for make in (custom_resources, digests, readme, lambda: kustomization(_helm)):
        for path, text in make().items():
            path.write_text(text)


if __name__ == "__main__":
    main()
