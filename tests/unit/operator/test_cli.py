"""The command line, without a server."""

from pathlib import Path

import pytest

from senlin_operator import cli
from tests.unit.operator.log_capture import LogCapture


def test_a_bad_flag_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--workers", "many"]) == 2

    assert capsys.readouterr().err == (
        "senlin-operator: workers is 'many', but should be a number.\n"
    )


def test_a_bad_environment_variable_exits_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENLIN_OPERATOR_WORKER", "3")

    assert cli.main(["run"]) == 2
    assert "SENLIN_OPERATOR_WORKER is not a setting" in capsys.readouterr().err


def test_an_export_without_a_login_exits_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))

    assert cli.main(["export", "--cloud", "nowhere"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("senlin-operator: ")
    assert "nowhere" in printed.err


@pytest.mark.parametrize(
    "arguments", [[], ["walk"], ["run", "--speed", "3"], ["run", "--metrics-p", "1"]]
)
def test_an_unknown_command_or_flag_exits_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        cli.main(arguments)

    assert exited.value.code == 2
    assert capsys.readouterr().err.startswith("usage: senlin-operator")


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        cli.main(["--help"])

    assert exited.value.code == 0
    assert "watch the custom resources and converge the cloud" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file or directory"),
        ("", "is not a kubeconfig"),
        ("[a, list]", "is not a kubeconfig"),
        ("token: {secret: secret", "is not a kubeconfig"),
        ("token: secret", "has no current-context"),
    ],
)
def test_a_bad_kubeconfig_exits_with_1_and_one_line(
    content: str | None, complaint: str, tmp_path: Path, logs: LogCapture
) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)

    assert cli.main(["run", "--kubeconfig", str(file), "--log-level", "warning"]) == 1

    [line] = logs.text().splitlines()
    assert line.startswith("senlin-operator: No access to Kubernetes is configured: ")
    assert complaint in line
    assert str(file) in line
    assert "secret" not in line
