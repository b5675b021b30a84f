"""Each statement of docs/from-openstacksdk.md is held by a test.

The differences in its table are those that tests/client/sdk_differences.py observes with both
clients, but for the ones in STATEMENTS.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/from-openstacksdk.md"
CLIENT = "tests/unit/client"
# The beginning of a statement, and the tests that hold it.
STATEMENTS = {
    "`clouds.yaml`, `secure.yaml`, the `OS_*` variables": [
        "tests/clouds/test_clouds.py::test_a_file_means_what_it_means_to_openstacksdk",
        f"{CLIENT}/test_package.py::test_keys_of_clouds_yaml_are_keywords",
    ],
    "`connection.cluster` and `connection.clustering`": ["tests/client/test_sdk.py::test_parity"],
    "The names of the objects' values": [
        "tests/client/test_sdk.py::test_parity",
        f"{CLIENT}/test_resource.py::test_dict_is_made_as_openstacksdk_makes_it",
    ],
    "Lists are generators.": [
        f"{CLIENT}/test_filters.py::test_list_sends_its_filters_on_iteration",
        f"{CLIENT}/test_filters.py::test_each_list_is_compared_with_its_values",
        "tests/client/test_clusters.py::test_lists_are_filtered_by_what_the_server_cannot",
    ],
    "The beginning of an id names an object": [
        "tests/client/test_profiles_and_policies.py::test_beginning_of_an_id_names_an_object",
        "tests/client/test_clusters.py::test_beginning_of_an_id_names_a_cluster",
    ],
    "What no object can have for a name": [
        f"{CLIENT}/test_names.py::test_name_that_no_object_can_have_is_missing_like_any_other",
    ],
    "An object that is handed to": [
        f"{CLIENT}/test_operations.py::test_object_that_is_handed_in_follows_the_servers_answer",
        f"{CLIENT}/test_operations.py::test_update_that_changes_nothing_is_not_sent",
    ],
    "`wait_for_status` takes `failures=None`": [
        f"{CLIENT}/test_waiting.py::test_error_means_failure_by_default",
        f"{CLIENT}/test_waiting.py::test_given_failures_are_all_that_there_are",
        f"{CLIENT}/test_waiting.py::test_another_value_can_be_waited_for_and_progress_is_reported",
    ],
    '`perform_operation_on_cluster(cluster, "reboot"': [
        f"{CLIENT}/test_operations.py::test_action_is_one_request_and_returns_its_id",
    ],
    "Any 404 means a missing object, even a gateway's page": [
        f"{CLIENT}/test_errors.py::test_404_page_of_a_gateway_does_not_mean_a_missing_object",
    ],
    "The built-in list of vendors (`profile: name`)": [
        "tests/clouds/test_clouds.py::test_a_file_means_what_it_means_to_openstacksdk",
    ],
    # The paragraphs about the two ways.
    "`from openstack import exceptions` becomes": [
        "tests/client/test_sdk.py::test_program_goes_on_when_its_import_is_changed",
    ],
    "What openstacksdk does wrong is not imitated": [
        "tests/client/test_sdk.py::test_program_goes_on_when_its_import_is_changed",
        f"{CLIENT}/test_sdk.py::test_what_the_package_lacks_is_an_attribute_error",
    ],
    "The names are the same, with fewer surprises.": [
        "tests/client/test_sdk.py::test_parity",
        f"{CLIENT}/test_package.py::test_an_sdk_configuration_says_all_of_the_service",
        f"{CLIENT}/test_package.py::test_bare_session_chooses_no_region_in_silence",
    ],
    "There are two ways": [
        f"{CLIENT}/test_sdk.py::test_package_imports_what_is_used_and_nothing_of_openstacksdk",
    ],
    "Beyond openstacksdk": [
        f"{CLIENT}/test_package.py::test_proxy_has_the_operations_and_no_other_public_name",
    ],
    "Observed with openstacksdk 4.22": [
        "tests/client/test_sdk.py::test_differences_are_as_the_page_says",
    ],
}


def rows() -> list[str]:
    """Return the first cells of the table of differences."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [line.split(" | ")[0].removeprefix("| ") for line in lines[1:]]


def statements() -> list[str]:
    """Return the rows of the table that sdk_differences.py observes."""
    return [row for row in rows() if row not in STATEMENTS]


def paragraphs() -> list[str]:
    """Return the bullets and the paragraphs, without headings and blocks of code."""
    text = re.sub(r"```.*?```", "", PAGE.read_text(), flags=re.DOTALL)
    lines = [line.removeprefix("- ") for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "|"))]


def test_every_statement_is_held_by_a_test() -> None:
    held = [*paragraphs(), *(row for row in rows() if row in STATEMENTS)]

    assert [it for it in held if not it.startswith(tuple(STATEMENTS))] == []
    assert [it for it in STATEMENTS if not any(line.startswith(it) for line in held)] == []


def test_tests_that_hold_a_statement_exist() -> None:
    for node in {node for nodes in STATEMENTS.values() for node in nodes}:
        file, _, name = node.partition("::")
        tree = ast.parse((ROOT / file).read_text())
        assert name in {it.name for it in ast.walk(tree) if isinstance(it, ast.FunctionDef)}, node


def test_the_pages_numbers_are_those_of_the_operations() -> None:
    from tests.unit.client.test_package import OPERATIONS

    shared = {*OPERATIONS, "update_action", "list_profile_type_operations"}
    assert f"of {len(shared)} operations" in PAGE.read_text()
