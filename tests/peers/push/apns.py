"""Part of our own contract peer for push: APNs with token authentication. No emulator of APNs exists.

A device's token says what APNs thinks of it: `dead…` is unregistered, `0bad…` is none, all others are reached.
"""

import json
import re
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from refusal import Answer, Refusal, answered

KEY_ID, TEAM_ID, BUNDLE_ID = "ABC123DEFG", "DEF123GHIJ", "se.example.certus"
TYPES = {"alert", "background", "location", "voip", "complication", "fileprovider", "mdm"}
HOUR, SLACK = 60 * 60, 60
UPDATE_MIN = 20 * 60


def fault(status, reason, **more):
    return Refusal(status, {"reason": reason} | more)


class Apns:
    def __init__(self, received):
        self.key, self.received = ec.generate_private_key(ec.SECP256R1()), received
        self.latest = None # the provider token in use, and when its maker says it was made

    def account(self):
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {"pem": pem, "key_id": KEY_ID, "team_id": TEAM_ID, "bundle_id": BUNDLE_ID}

    @answered
    def send(self, request):
        if request.http_version != "2":
            raise Refusal(426, "APNs speaks HTTP/2")
        path = re.fullmatch(r"/3/device/([0-9a-f]+)", request.path)
        if request.method != "POST" or not path:
            raise fault(404, "BadPath")
        self.check_provider(request.headers.get("authorization", ""))
        self.check_headers(request.headers)
        if len(request.body) > 4096:
            raise fault(413, "PayloadTooLarge")
        token = path[1]
        if token.startswith("dead"):
            raise fault(410, "Unregistered", timestamp=1795400000000)
        if token.startswith("0bad") or len(token) < 64:
            raise fault(400, "BadDeviceToken")
        names = [name for name in request.headers if name.startswith("apns-")]
        headers = {name: request.headers[name] for name in names}
        topic = headers.get("apns-collapse-id")
        push = {"service": "apns", "to": token, "topic": topic, "payload": self.payload(request), "headers": headers}
        push["provider_token_made_at"] = self.latest[1]
        self.received.append(push)
        return Answer(200, "", {"apns-id": str(uuid.uuid4()).upper()})

    def check_provider(self, authorization):
        if not authorization.startswith("bearer "):
            raise fault(403, "MissingProviderToken")
        token = authorization.removeprefix("bearer ")
        try: # age is checked below
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, self.key.public_key(), ["ES256"], {"verify_iat": False})
        except jwt.PyJWTError as error:
            raise fault(403, "InvalidProviderToken") from error
        if header.get("kid") != KEY_ID or claims.get("iss") != TEAM_ID:
            raise fault(403, "InvalidProviderToken")
        age = time.time() - claims.get("iat", 0)
        if age > HOUR:
            raise fault(403, "ExpiredProviderToken")
        if age < -SLACK:
            raise fault(403, "InvalidProviderToken")
        if self.latest and token != self.latest[0] and 0 <= claims["iat"] - self.latest[1] < UPDATE_MIN:
            raise fault(429, "TooManyProviderTokenUpdates")
        self.latest = (token, claims["iat"])

    def check_headers(self, headers):
        if headers.get("apns-topic") != BUNDLE_ID:
            raise fault(400, "TopicDisallowed" if "apns-topic" in headers else "MissingTopic")
        if headers.get("apns-push-type") not in TYPES:
            raise fault(400, "InvalidPushType")
        if headers.get("apns-priority", "10") not in ("1", "5", "10"):
            raise fault(400, "BadPriority")
        if not re.fullmatch(r"\d{1,10}", headers.get("apns-expiration", "0")):
            raise fault(400, "BadExpirationDate")
        if len(headers.get("apns-collapse-id", "").encode()) > 64:
            raise fault(400, "BadCollapseId")

    def payload(self, request):
        try:
            payload = json.loads(request.body)
            alert = payload["aps"]["alert"]
        except (ValueError, KeyError, TypeError) as error:
            raise fault(400, "PayloadEmpty") from error
        if not isinstance(alert.get("title"), str) or not isinstance(alert.get("body"), str):
            raise fault(400, "PayloadEmpty")
        return payload
