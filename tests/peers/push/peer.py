"""Our own contract peer for push: a strict Web Push service, FCM and APNs, written from their documentation.

It refuses what the real ones are known to refuse, decrypts what it is sent, and tells what it took. It shares no code
with Certus. It prints `listening on HOST:PORT`, and is steered over HTTP by tests/src/push_peer.rs:

    POST /control/subscribe {"key": K}    a browser's subscription for the VAPID key K
    POST /control/expire {"endpoint": E}  ends it
    GET  /control/fcm-account             the key file of a service account
    POST /control/fcm-revoke              makes the access tokens given out so far useless
    GET  /control/apns-account            a key with its ids
    POST /control/faults [FAULT, ...]     what becomes of the next requests, one each; null: nothing
    GET  /control/received                what was taken, oldest first
    GET  /control/waiting                 of it, what no later push under the same topic replaced
    GET  /control/tokens                  how many access tokens FCM gave out

A FAULT is {"status": S, "headers": {...}, "body": TEXT}, an answer in place of the right one, or {"after_ms": N}, the
right one but late.
"""

import asyncio
import json
import socket

from hypercorn.asyncio import serve
from hypercorn.config import Config

from apns import Apns
from fcm import Fcm
from refusal import Answer
from webpush import WebPush

BODY_MAX = 1 << 20


class Peer:
    def __init__(self, origin):
        self.received, self.faults = [], []
        self.webpush = WebPush(origin, self.received)
        self.fcm = Fcm(origin, self.received)
        self.apns = Apns(self.received)

    def control(self, what, body):
        match what:
            case "subscribe":
                return self.webpush.subscribe(body["key"])
            case "expire":
                return self.webpush.expire(body["endpoint"])
            case "fcm-account":
                return self.fcm.account()
            case "fcm-revoke":
                return self.fcm.revoke()
            case "apns-account":
                return self.apns.account()
            case "faults":
                self.faults = body
                return None
            case "received":
                return self.received
            case "waiting":
                return self.waiting()
            case "tokens":
                return self.fcm.tokens_given

    def waiting(self):
        latest = {(push["to"], push["topic"]): number for number, push in enumerate(self.received)}
        return [self.received[number] for number in sorted(latest.values())]

    def service(self, request):
        """The services' own answer."""
        if request.path == "/token":
            return self.fcm.grant(request)
        if request.path.startswith("/v1/"):
            return self.fcm.send(request)
        if request.path.startswith("/3/"):
            return self.apns.send(request)
        return self.webpush.push(request)

    async def answer(self, request):
        if request.path.startswith("/control/"):
            said = self.control(request.path.removeprefix("/control/"), request.json())
            return Answer(200, said)
        fault = self.faults.pop(0) if self.faults else None
        if fault and "status" in fault:
            return Answer(fault["status"], fault.get("body", ""), fault.get("headers", {}))
        answer = self.service(request)
        if fault:
            await asyncio.sleep(fault["after_ms"] / 1000)
        return answer


class Request:
    def __init__(self, scope, body):
        self.method, self.path, self.http_version = scope["method"], scope["path"], scope["http_version"]
        self.headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.body = body

    def json(self):
        return json.loads(self.body) if self.body else None


async def read(receive):
    body, more = b"", True
    while more and len(body) <= BODY_MAX:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return body


def application(peer):
    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        answer = await peer.answer(Request(scope, await read(receive)))
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return app


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    address = "127.0.0.1:%d" % listener.getsockname()[1]
    print(f"listening on {address}", flush=True)
    config = Config()
    config.bind, config.loglevel = [f"fd://{listener.fileno()}"], "WARNING"
    await serve(application(Peer(f"http://{address}")), config, shutdown_trigger=asyncio.Event().wait)


asyncio.run(main())
