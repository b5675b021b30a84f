"""Where this client deliberately does not do what openstacksdk does with a file, and why."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """What the client does instead: it refuses with a sentence, or it goes on."""

    reason: str
    sentence: str | None = None  # a part of the refusal
    uses: Mapping[str, Any] = {}  # of what it chose
    sends: str | None = None  # a value in its login


AS_WRITTEN = "openstacksdk's YAML 1.1 makes another value of it, and logs in as somebody else"
NOT_ASKED = "what Keystone is bound to refuse is said without asking"
IMPLIED = "openstacksdk fails with a TypeError; the keys say which kind it is"
ONLY_KIND = "openstacksdk fails with a TypeError; keys that the kind does not take are ignored"
IS_NO_TEXT = "openstacksdk sends a map or a list, which Keystone refuses"
STRIPPED = "openstacksdk sends blanks as a part of the path"
ADDRESS = "openstacksdk asks another address than was meant, or fails at the first request"
WORDS = "the words for true and false of YAML 1.1, also where YAML gives a text"
COMMAND_LINE = "a setting of the openstack command, which openstacksdk does not know"
NOT_SET = "openstacksdk makes a text of it, or fails; what is null or blank is not set"
VENDORS = "openstacksdk's list of vendors is outdated, and no vendor in it has Senlin"

_DOMAIN_OF_USER = "has no user_domain_name or user_domain_id"
_DOMAIN_OF_PROJECT = "has no project_domain_name or project_domain_id"
_LIKE = "should look like https://keystone.example.org:5000/v3."

DIFFERENCES: Mapping[str, Difference] = {
    "api-version-minor-unquoted.yaml": Difference(AS_WRITTEN, uses={"microversion": "1.10"}),
    "api-version-zero.yaml": Difference(
        "1.0 is the major version; as a microversion it would switch all filters off",
        uses={"microversion": None},
    ),
    "application-credential-by-name-alone.yaml": Difference(
        NOT_ASKED, "has no username or user_id."
    ),
    "application-credential-with-project.yaml": Difference(
        "Keystone refuses a scope, as the credential has its own", sends="c1d2"
    ),
    "application-credential-without-type.yaml": Difference(IMPLIED, sends="c1d2"),
    "auth-null.yaml": Difference(NOT_SET, sends="demo"),
    "cacert-missing.yaml": Difference(
        "openstacksdk fails at the first request by TLS", "No such file or directory."
    ),
    "endpoint-no-scheme.yaml": Difference(ADDRESS, _LIKE),
    "hyphens-auth-type.yaml": Difference(
        "openstacksdk reads hyphens in other keys, not in this one", sends="t"
    ),
    "hyphens-endpoint-type.yaml": Difference(
        "openstacksdk reads hyphens in other keys, not in this one", uses={"interface": "internal"}
    ),
    "insecure-yes.yaml": Difference(WORDS, uses={"verify": False}),
    "interface-unknown.yaml": Difference(NOT_ASKED, "should be public, internal or admin."),
    "key-alone.yaml": Difference(
        "openstacksdk ignores it, and the server asks for a certificate",
        "has a `key` without a `cert`.",
    ),
    "kind-empty.yaml": Difference(NOT_SET, sends="demo"),
    "kind-in-auth.yaml": Difference(ONLY_KIND, sends="demo"),
    "kind-null.yaml": Difference(NOT_SET, sends="demo"),
    "microversion-unquoted.yaml": Difference(AS_WRITTEN, uses={"microversion": "1.10"}),
    "oidc-password-public-client.yaml": Difference(
        "openstacksdk fails with a TypeError; a public client has no secret", sends="demo"
    ),
    "osc-default-domain-in-auth.yaml": Difference(COMMAND_LINE, sends="default"),
    "osc-default-domain.yaml": Difference(COMMAND_LINE, sends="default"),
    "password-blank-project.yaml": Difference(NOT_SET, sends="blue"),
    "password-list.yaml": Difference(IS_NO_TEXT, "`password` of the cloud mycloud is not text."),
    "password-map.yaml": Difference(IS_NO_TEXT, "`password` of the cloud mycloud is not text."),
    "password-no-domains.yaml": Difference(
        NOT_ASKED, f"{_DOMAIN_OF_USER}, and no project_domain_name"
    ),
    "password-no-project-domain.yaml": Difference(NOT_ASKED, _DOMAIN_OF_PROJECT),
    "password-no-user-domain.yaml": Difference(NOT_ASKED, _DOMAIN_OF_USER),
    "password-no-username.yaml": Difference(NOT_ASKED, "has no username or user_id."),
    "password-null-project.yaml": Difference(NOT_SET, sends="blue"),
    "profile-built-in.yaml": Difference(VENDORS, "write its auth_url and regions into clouds.yaml"),
    "profile-built-in-with-url.yaml": Difference(VENDORS, uses={"region": None}),
    "region-null.yaml": Difference(NOT_SET, uses={"region": None}),
    "region-octal.yaml": Difference(AS_WRITTEN, uses={"region": "0001"}),
    "regions-text.yaml": Difference(
        "openstacksdk takes its first letter for a region", "`regions` of the cloud mycloud is not"
    ),
    "token-and-user.yaml": Difference(ONLY_KIND, sends="gAAAA"),
    "token-no-project-domain.yaml": Difference(NOT_ASKED, _DOMAIN_OF_PROJECT),
    "token-without-type.yaml": Difference(IMPLIED, sends="gAAAA"),
    "totp.yaml": Difference(AS_WRITTEN, sends="012345"),
    "url-blank-inside.yaml": Difference(ADDRESS, _LIKE),
    "url-blanks.yaml": Difference(STRIPPED, sends="demo"),
    "url-newline.yaml": Difference(STRIPPED, sends="demo"),
    "url-password-placeholder.yaml": Difference(
        "openstacksdk asks the name server for the password", _LIKE
    ),
    "url-user.yaml": Difference(
        "messages, logs and traces have the address", "has a user in it, who belongs into `auth`."
    ),
    "verify-nonsense.yaml": Difference(
        "openstacksdk takes it for a path, and fails at the first request by TLS",
        "`verify` of the cloud mycloud should be true or false.",
    ),
    "verify-number.yaml": Difference(WORDS, uses={"verify": False}),
    "verify-quoted.yaml": Difference(WORDS, uses={"verify": False}),
    "yaml-date.yaml": Difference(AS_WRITTEN, sends="2026-11-29"),
    "yaml-duplicate.yaml": Difference(
        "openstacksdk silently takes the last", "has a key twice in one map (line 12)."
    ),
    "yaml-equals.yaml": Difference(AS_WRITTEN, sends="="),
    "yaml-exponent.yaml": Difference(AS_WRITTEN, sends="1.0e+3"),
    "yaml-float.yaml": Difference(AS_WRITTEN, sends="1.10"),
    "yaml-hexadecimal.yaml": Difference(AS_WRITTEN, sends="0x1F"),
    "yaml-infinity.yaml": Difference(AS_WRITTEN, sends=".inf"),
    "yaml-octal.yaml": Difference(AS_WRITTEN, sends="0123"),
    "yaml-off.yaml": Difference(AS_WRITTEN, sends="Off"),
    "yaml-project-octal.yaml": Difference(AS_WRITTEN, sends="0001"),
    "yaml-sexagesimal.yaml": Difference(AS_WRITTEN, sends="12:30:45"),
    "yaml-underscore.yaml": Difference(AS_WRITTEN, sends="1_000"),
    "yaml-yes.yaml": Difference(AS_WRITTEN, sends="yes"),
    "default-domain.env": Difference(COMMAND_LINE, sends="default"),
    "insecure-number.env": Difference(WORDS, uses={"verify": False}),
    "no-domains.env": Difference(NOT_ASKED, f"{_DOMAIN_OF_USER}, and no project_domain_name"),
    "url-blanks.env": Difference(STRIPPED, sends="demo"),
}
