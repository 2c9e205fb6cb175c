"""Requests sent as they are, whatever they mean, and all that comes back: how a board behaves out of the ordinary."""

import secrets
import time
from collections.abc import Sequence

from ..link import messages as m
from .client import Client, DeviceError, RequestRefusedError

Request = tuple[int, bytes]  # message type, payload
MARK_BYTES = 8
MOST_ANSWERS = 4096  # whatever was asked: a board that never ends is told from a slow one by them


def exchange(client: Client, requests: Sequence[Request]) -> list[m.Payload]:
    """Send requests one after the other and return every answer, refusals among them, log lines not.

    The end is an echo: the firmware takes requests in order, so what came before it is all that there is.

    Raises:
        DeviceError: nothing comes for too long before the echo, or far too much.
        HilError: see `Client.next`.
    """
    mark = secrets.token_bytes(MARK_BYTES)
    for kind, payload in (*requests, (m.EchoRequest.TYPE, mark)):
        client.connection.send(kind, payload)
    answers: list[m.Payload] = []
    deadline = time.monotonic() + client.limits.answer_s
    while (left := deadline - time.monotonic()) > 0 and len(answers) < MOST_ANSWERS:
        try:
            answer = client.next(left)
        except RequestRefusedError as refused:
            answer = refused.error
        if isinstance(answer, m.Echo) and answer.data == mark:
            return answers
        if answer is not None:
            answers.append(answer)
            deadline = time.monotonic() + client.limits.answer_s
    names = ", ".join(dict.fromkeys(m.name_of(kind) for kind, _ in requests))
    told = f"{client.name} did not come to the end of {len(requests)} requests ({names})"
    if len(answers) < MOST_ANSWERS and (why := client.looked_into()):
        raise DeviceError(f"{told}: {why.told}", why.look_at)
    raise DeviceError(
        f"{told}; {len(answers):,} answers came",
        "its firmware hangs, or answers not all that it takes: reset it, and look at what it does with the request "
        "behind the last one that it answered",
    )
