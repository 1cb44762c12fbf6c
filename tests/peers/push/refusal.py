"""Part of our own contract peer for push: what it answers, and how a check of it says no."""

import json


class Answer:
    def __init__(self, status, body="", headers=None):
        self.status, self.headers = status, dict(headers or {})
        if not isinstance(body, str):
            body = json.dumps(body)
            self.headers.setdefault("content-type", "application/json")
        self.body = body.encode()


class Refusal(Exception):
    """Carries the service's own answer."""

    def __init__(self, status, body):
        super().__init__(body)
        self.answer = Answer(status, body)


def answered(judge):
    """A method that may raise a refusal answers with it."""

    def method(self, request):
        try:
            return judge(self, request)
        except Refusal as refusal:
            return refusal.answer

    return method
