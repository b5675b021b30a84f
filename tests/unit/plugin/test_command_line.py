"""The words of the command line: names of resources, completions, manifests, and errors."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from senlin_operator import plugin
from senlin_operator.kube.objects import Key
from senlin_operator.plugin import completion, manifests
from senlin_operator.plugin.doctor import login_of
from senlin_operator.plugin.kube import merge_patch
from senlin_operator.plugin.names import ALL_KINDS, UsageError, key_of
from senlin_operator.plugin.options import parser

CRDS = Path(__file__).parents[3] / "crds"


@pytest.mark.parametrize(
    "text", ["senlincluster/web", "SenlinCluster/web", "senlinclusters/web", "scl/web"]
)
def test_a_kind_has_the_names_that_kubectl_takes(text: str) -> None:
    assert key_of(text, "shop") == Key("SenlinCluster", "shop", "web")


def test_the_short_names_are_those_of_the_definitions() -> None:
    names = [yaml.safe_load(crd.read_text())["spec"]["names"] for crd in CRDS.glob("*.yaml")]

    expected = {it["kind"]: (it["plural"], it["shortNames"][0]) for it in names}
    assert {it.name: (it.plural, it.short_name) for it in ALL_KINDS} == expected


@pytest.mark.parametrize("text", ["web", "pod/web", "scl/", "/web"])
def test_what_names_no_resource_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"KIND/NAME|no kind"):
        key_of(text, "shop")
    if "/" not in text:
        with pytest.raises(UsageError, match="SECRET/CLOUD"):
            login_of(text, "shop")


@pytest.mark.parametrize(
    ("words", "expected", "directive"),
    [
        ([""], ["tree", "doctor", "plan", "pause", "resume", "reconcile", "export"], 4),
        (["-n", "shop", "pa"], ["pause"], 4),
        (["tree", "--w"], ["--watch"], 4),
        (["pause", "senlinr"], ["senlinreceiver/"], 4),
        (["plan", "-f", ""], [], 0),
        (["reconcile", "--wait", ""], [], 4),
    ],
    ids=["commands", "after an option", "options", "kinds", "files", "a value"],
)
def test_completions(words: list[str], expected: list[str], directive: int) -> None:
    assert completion.completions(words) == (expected, directive)


def test_each_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("tree", "doctor", "plan", "pause", "resume", "reconcile"):
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([command, "--help"])
        assert ended.value.code == 0
        assert f"  kubectl senlin {command}" in capsys.readouterr().out


def test_options_of_kubectl_may_stand_on_both_sides_of_the_command() -> None:
    for words in (["-n", "shop", "tree", "web"], ["tree", "web", "-n", "shop"]):
        assert parser().parse_args(words).namespace == "shop"


@pytest.mark.parametrize("run", ["plugin.commands import run", "cli import main as run"])
def test_a_reader_that_goes_before_the_end_is_no_error(run: str) -> None:
    """As in `senlin-operator export | head`."""
    script = f"""
import sys
from senlin_operator.export import command
from senlin_operator.{run}
command.run = lambda flags: print("a manifest")
sys.exit(run(["export"]))
"""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_a_missing_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [it for it in sys.modules if it.startswith("senlin_operator.plugin.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(plugin, "commands", raising=False)
    monkeypatch.delitem(sys.modules, "senlin_operator.kube.access", raising=False)
    monkeypatch.setitem(sys.modules, "aiohttp", None)

    with pytest.raises(SystemExit) as ended:
        plugin.main()

    assert ended.value.code == (
        "kubectl-senlin: the library aiohttp is missing: install the extra `operator`, as in "
        "pip install 'senlin-operator[operator]'."
    )


def test_manifests_of_a_folder(tmp_path: Path) -> None:
    one, two = {"kind": "A"}, {"kind": "B"}
    (tmp_path / "a.yaml").write_text("kind: A\n---\n# nothing\n---\n")
    (tmp_path / "b.json").write_text(json.dumps({"kind": "List", "items": [two]}))
    (tmp_path / "README.md").write_text("no manifest")

    assert list(manifests.read([str(tmp_path)])) == [one, two]


@pytest.mark.parametrize(
    ("text", "error"),
    [("a: [", "no YAML"), ("a: 1", "no kind"), ("- 1", "no kind"), (None, "No such file")],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str | None, error: str) -> None:
    path = tmp_path / "web.yaml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(UsageError, match=error):
        list(manifests.read([str(path)]))


def test_an_object_of_others_is_left_out_and_a_name_is_needed() -> None:
    ours: dict[str, Any] = {"apiVersion": "senlin.openstack.org/v1alpha1", "kind": "SenlinNode"}
    generated = ours | {"metadata": {"generateName": "web-", "namespace": "other"}}

    assert manifests.key_of({"apiVersion": "v1", "kind": "Pod"}, "shop") is None
    assert manifests.key_of(generated, "shop") == Key("SenlinNode", "other", "web-plan")
    with pytest.raises(UsageError, match=r"no metadata\.name"):
        manifests.key_of(ours, "shop")


def test_what_a_manifest_has_lost_is_removed_as_kubectl_apply_does() -> None:
    before = {"spec": {"a": 1, "b": {"c": 2, "d": 3}}, "kind": "A"}
    after = {"spec": {"b": {"d": 4}, "e": [5]}, "kind": "A"}

    assert merge_patch(before, after) == {
        "kind": "A",
        "spec": {"a": None, "b": {"c": None, "d": 4}, "e": [5]},
    }
