"""The command line, as far as it goes without a server."""

import pytest

from senlin_operator import cli


def test_a_bad_setting_ends_it_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--workers", "many"]) == 2

    assert capsys.readouterr().err == (
        "senlin-operator: workers is 'many', but should be a number.\n"
    )


def test_a_bad_variable_ends_it_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENLIN_OPERATOR_WORKER", "3")

    assert cli.main(["run"]) == 2
    assert "SENLIN_OPERATOR_WORKER is not a setting" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["walk"], ["run", "--speed", "3"]])
def test_what_is_no_command_ends_it_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: senlin-operator")


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])

    assert ended.value.code == 0
    assert "watch the custom resources and converge the cloud" in capsys.readouterr().out
