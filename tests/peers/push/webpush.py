"""Part of our own contract peer for push: a push service as strict as those in use (RFC 8030, 8291, 8292)."""

import base64
import os
import re
import time

import http_ece
import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from refusal import Answer, Refusal, answered

DAY = 24 * 60 * 60
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
AUTHORIZATION = re.compile(r"vapid t=([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+), ?k=([A-Za-z0-9_-]+)")


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One subscription: the key pair that only the browser has, the secret, and for whom it subscribed."""

    def __init__(self, vapid_key):
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.vapid_key, self.expired = decode(vapid_key), False

    def public(self):
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class WebPush:
    def __init__(self, origin, received):
        self.origin, self.received, self.browsers = origin, received, {}

    def subscribe(self, vapid_key):
        browser = Browser(vapid_key)
        path = f"/push/{encode(os.urandom(24))}"
        self.browsers[path] = browser
        keys = {"p256dh": encode(browser.public()), "auth": encode(browser.auth)}
        return {"endpoint": self.origin + path, "expirationTime": None, "keys": keys}

    def expire(self, endpoint):
        self.browsers[endpoint.removeprefix(self.origin)].expired = True

    @answered
    def push(self, request):
        browser = self.browsers.get(request.path)
        if request.method != "POST" or browser is None:
            raise Refusal(404, "no such subscription")
        if browser.expired:
            raise Refusal(410, "the subscription has ended")
        self.check_headers(request.headers)
        if len(request.body) > 4096:
            raise Refusal(413, "more than 4096 octets")
        self.check_sender(request.headers.get("authorization", ""), browser)
        try:
            text = http_ece.decrypt(
                request.body, private_key=browser.key, auth_secret=browser.auth, version="aes128gcm"
            )
        except (http_ece.ECEException, InvalidTag, ValueError) as error:
            raise Refusal(400, f"cannot be decrypted: {error!r}") from error
        said = {name: request.headers[name] for name in ("ttl", "urgency", "topic") if name in request.headers}
        self.received.append(
            {"service": "webpush", "to": request.path, "text": text.decode(), "topic": said.get("topic")} | said
        )
        return Answer(201, "", {"location": f"{self.origin}/m/{encode(os.urandom(9))}", "ttl": said["ttl"]})

    def check_headers(self, headers):
        if not re.fullmatch(r"\d{1,10}", headers.get("ttl", "")):
            raise Refusal(400, "TTL is missing or not a number")
        if headers.get("content-encoding") != "aes128gcm":
            raise Refusal(400, "Content-Encoding is not aes128gcm")
        if "topic" in headers and not TOPIC.fullmatch(headers["topic"]):
            raise Refusal(400, "Topic is not at most 32 characters of base64url")
        if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
            raise Refusal(400, "Urgency is unknown")

    def check_sender(self, authorization, browser):
        said = AUTHORIZATION.fullmatch(authorization)
        if not said:
            raise Refusal(401, "no VAPID")
        point = decode(said[2])
        if point != browser.vapid_key:
            raise Refusal(403, "subscribed for another key")
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        try: # times and audience are checked below
            claims = jwt.decode(said[1], key, ["ES256"], {"verify_aud": False, "verify_exp": False})
        except jwt.PyJWTError as error:
            raise Refusal(401, f"the token is not signed: {error!r}") from error
        if claims.get("aud") != self.origin:
            raise Refusal(401, f"aud is {claims.get('aud')}, not {self.origin}")
        if not time.time() < claims.get("exp", 0) <= time.time() + DAY:
            raise Refusal(401, "exp is over or more than 24 hours away")
        if not re.match(r"mailto:.+@|https://.", claims.get("sub", "")):
            raise Refusal(401, "sub is no contact")
