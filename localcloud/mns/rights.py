"""What right a request needs: the action and the resource that a policy would name.

Source: the table "Authorization" on each operation's page in the API reference of Simple Message Queue. The table in "Permission policies
and examples" lets SendMessage, ReceiveMessage and DeleteMessage stand for the operations in batches too; here, the operation's own page
counts (our assumption).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from localcloud.identity import NotAllowed, Principal
from localcloud.mns.calls import Call
from localcloud.mns.errors import Refused
from localcloud.place import Place


def check_role(call: Call, principal: Principal, operations: Sequence[str], place: Place) -> None:
    """`operations` are those of the request's method and path. Raises Refused where the role that signed may not do this."""
    resource = f"acs:mns:{place.region}:{place.account_id}:{unquote(call.request.raw_path)}"
    try:
        principal.check(f"mns:{operation_of(call, operations)}", resource)
    except NotAllowed as error:
        # "What do I do if 403 AccessDenied is returned" of Simple Message Queue, where rights that a RAM user lacks are among the causes.
        raise Refused("AccessDenied", "The OwnerId that your Access Key Id associated to is forbidden for this operation.") from error


def operation_of(call: Call, operations: Sequence[str]) -> str:
    """Which of them it is; the table in `routes` says by what they differ. Raises MnsError for what can't be read."""
    if len(operations) == 1:
        return operations[0]
    match call.request.method:
        case "PUT":
            return next(one for one in operations if one.startswith("Set") == call.overrides)
        case "GET":
            single, many = "PeekMessage" if call.flag("peekonly") else "ReceiveMessage", call.parameter("numOfMessages") is not None
        case "POST":
            single, many = "SendMessage", call.document("Message", "Messages").tag == "Messages"
        case _:
            single, many = "DeleteMessage", call.parameter("ReceiptHandle") is None
    return f"Batch{single}" if many else single
