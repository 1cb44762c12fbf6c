"""Part of our own contract peer for push: FCM's HTTP v1 API with its token endpoint. No emulator of FCM exists.

A device's token says what FCM thinks of it: `dead…` is unregistered, `foreign…` belongs to another sender, `live…` is
reached, and anything else is none.
"""

import json
import re
import time
import uuid
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from refusal import Answer, Refusal, answered

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PROJECT, KEY_ID, EMAIL = "certus-test", "k1", "certus@certus-test.example"
TTL_MAX = 2_419_200
SLACK = 60


def fault(status, name, code=None):
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}] if code else []
    return Refusal(status, {"error": {"code": status, "message": "…", "status": name, "details": details}})


class Fcm:
    def __init__(self, origin, received):
        self.origin, self.received = origin, received
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.tokens, self.tokens_given = set(), 0

    def account(self):
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": KEY_ID,
            "private_key": pem,
            "client_email": EMAIL,
            "client_id": "1",
            "token_uri": f"{self.origin}/token",
        }

    def revoke(self):
        self.tokens.clear()

    @answered
    def grant(self, request):
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != GRANT:
            raise Refusal(400, {"error": "unsupported_grant_type"})
        try:
            header = jwt.get_unverified_header(form["assertion"])
            claims = jwt.decode(
                form["assertion"], self.key.public_key(), ["RS256"], audience=f"{self.origin}/token", leeway=SLACK
            )
        except (KeyError, jwt.PyJWTError) as error:
            raise Refusal(400, {"error": "invalid_grant", "error_description": repr(error)}) from error
        lives = claims.get("exp", 0) - claims.get("iat", 0)
        if header.get("kid") != KEY_ID or claims.get("iss") != EMAIL or not 0 < lives <= 3600:
            raise Refusal(400, {"error": "invalid_grant"})
        if claims.get("scope") != SCOPE:
            raise Refusal(400, {"error": "invalid_scope"})
        token = f"ya29.{uuid.uuid4().hex}"
        self.tokens.add(token)
        self.tokens_given += 1
        return Answer(200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    @answered
    def send(self, request):
        if request.path != f"/v1/projects/{PROJECT}/messages:send":
            raise fault(404, "NOT_FOUND")
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise fault(401, "UNAUTHENTICATED")
        message = self.message(request)
        token = message["token"]
        if token.startswith("dead"):
            raise fault(404, "NOT_FOUND", "UNREGISTERED")
        if token.startswith("foreign"):
            raise fault(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH")
        if not token.startswith("live"):
            raise fault(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
        topic = message["android"].get("collapse_key")
        self.received.append({"service": "fcm", "to": token, "topic": topic, "message": message})
        return Answer(200, {"name": f"projects/{PROJECT}/messages/0:{time.time_ns()}%{uuid.uuid4().hex[:8]}"})

    def message(self, request):
        wrong = fault(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
        try:
            body = json.loads(request.body)
            message, data, android = body["message"], body["message"]["data"], body["message"]["android"]
        except (ValueError, KeyError) as error:
            raise wrong from error
        shape = (
            set(body) <= {"message", "validate_only"}
            and set(message) <= {"token", "data", "android"}
            and set(android) <= {"priority", "ttl", "collapse_key", "direct_boot_ok"}
            and isinstance(message.get("token"), str)
            and all(isinstance(value, str) for value in data.values())
            and android.get("priority") in ("HIGH", "NORMAL")
        )
        ttl = re.fullmatch(r"(\d+)(\.\d{1,9})?s", android.get("ttl", ""))
        size = sum(len(key.encode()) + len(value.encode()) for key, value in data.items())
        if not shape or not ttl or int(ttl[1]) > TTL_MAX or size > 4096:
            raise wrong
        return message
