"""The release before this one.

There is none yet. What stands for it is this chart without what was added last: fields, columns and
checks of the custom resources, and the rights that follow from the fields. Its operator is this
one's. Once there is a release, `previous_chart` unpacks that one's, and its image goes with it.
"""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.chart.chart import CHART

VERSION = "0.0.9"
_ADDED = {"spec": ("members", "remediation"), "status": ("lastHandledReconcileAt",)}


def previous_chart(folder: Path) -> Path:
    """Make its chart in a folder; return where it is."""
    chart = shutil.copytree(CHART, folder / "previous")
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(
        yaml.safe_dump(about | {"version": VERSION, "appVersion": VERSION})
    )
    for file in (chart / "files" / "crds").glob("*.yaml"):
        crd = yaml.safe_load(file.read_text())
        [served] = crd["spec"]["versions"]
        del served["additionalPrinterColumns"]
        schema = served["schema"]["openAPIV3Schema"]
        for part, fields in _ADDED.items():
            _take_away(schema["properties"][part], {*fields, "x-kubernetes-validations"})
        file.write_text(yaml.safe_dump(crd))
    return chart


def _take_away(schema: dict[str, Any], keys: set[str]) -> None:
    """Drop these keys, however deep they lie."""
    for key in list(schema):
        if key in keys:
            del schema[key]
        elif isinstance(schema[key], dict):
            _take_away(schema[key], keys)
