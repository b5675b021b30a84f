"""Every command of the pages succeeds, as it stands there."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.conftest import a_namespace
from tests.operator.tenant import Tenant
from tests.pages.reader import Reader, entries_of, filled_in, shown
from tests.pages.table import TABLE, Entry, Run


def is_run(entry: Entry, *, alone: bool) -> bool:
    return isinstance(entry, Run) and entry.alone == alone


SERVED = [page for page, entries in TABLE.items() if any(is_run(it, alone=False) for it in entries)]
ALONE = [page for page, entries in TABLE.items() if any(is_run(it, alone=True) for it in entries)]


@pytest.mark.parametrize("page", SERVED)
def test_the_commands_of_a_page_succeed(page: str, tenant: Tenant, tmp_path: Path) -> None:
    reader = Reader(tenant.sandbox, tenant.namespace, tmp_path)
    script = ""
    variables: dict[str, str] = {}
    for block, entry in entries_of(page):
        if isinstance(entry, Run) and not entry.alone:
            script += filled_in(block, entry)
            variables |= entry.given(tenant) if entry.given else {}
            for name, number in entry.files.items():
                reader.write(name, shown(page, number))

    reader.run(script, variables)


@pytest.mark.slow
def test_what_starts_or_installs_an_operator_succeeds(
    sandbox_of_its_own: Sandbox, tmp_path: Path
) -> None:
    for number, page in enumerate(ALONE):
        namespace = a_namespace(sandbox_of_its_own)
        reader = Reader(sandbox_of_its_own, namespace, tmp_path / str(number))
        for block, entry in entries_of(page):
            if isinstance(entry, Run) and entry.alone:
                reader.run(filled_in(block, entry))
