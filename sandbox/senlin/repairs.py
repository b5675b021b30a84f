# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call,misc"
# This runs in Senlin's own virtual environment; Senlin has no type annotations.
"""Four defects of Senlin 16.0.0 that only real services show, repaired.

With SENLIN_IS_REPAIRED in the environment. The simulated cloud shows the first two as well.
"""

import os


def is_repaired():
    return bool(os.environ.get("SENLIN_IS_REPAIRED"))


def repair():
    """Repair all of them, if the environment asks for it."""
    if is_repaired():
        for one in REPAIRS:
            one()


def pass_what_rebuild_takes() -> None:
    """Rebuild a server as openstacksdk wants it: (server, image, **attributes).

    Senlin passes name and password in between: "got multiple values for argument 'image'".
    """
    from senlin.drivers import sdk
    from senlin.drivers.os import nova_v2

    @sdk.translate_exception
    def server_rebuild(self, server, image, name=None, admin_password=None, **attributes):
        given = {"name": name, "admin_password": admin_password}
        attributes |= {key: value for key, value in given.items() if value is not None}
        return self.conn.compute.rebuild_server(server, image, **attributes)

    nova_v2.NovaClient.server_rebuild = server_rebuild


def recover_without_parameters() -> None:
    """Take no parameters for a recovery's operation as an empty mapping."""
    from senlin.profiles.os.nova import server

    do_recover = server.ServerProfile.do_recover

    def recover(self, obj, **options):
        options["operation_params"] = options.get("operation_params") or {}
        return do_recover(self, obj, **options)

    server.ServerProfile.do_recover = recover


def recover_after_an_event() -> None:
    """Call the conductor with what it accepts when Nova's notification tells of a server's end."""
    from senlin.rpc import client

    call = client.EngineClient.call

    def filtered(self, ctxt, method, req, *args, **kwargs):
        if method == "node_recover" and "event" in (req.params or {}):
            req.params = {"operation": req.params["operation"]}
        return call(self, ctxt, method, req, *args, **kwargs)

    client.EngineClient.call = filtered


def claim_messages() -> None:
    """Take a claim's id from Zaqar's header; openstacksdk 3 looks into another attribute."""
    from openstack.message.v2 import claim

    def translate(self, response, has_body=True):
        location = response.headers.get("location")  # the call below takes it out
        super(claim.Claim, self)._translate_response(response, has_body=has_body)
        if has_body and location:
            self.id = location.split("claims/")[1]

    claim.Claim._translate_response = translate


REPAIRS = (
    pass_what_rebuild_takes,
    recover_without_parameters,
    recover_after_an_event,
    claim_messages,
)
