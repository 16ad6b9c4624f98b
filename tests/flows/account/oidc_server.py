"""A sign-in service that speaks OpenID Connect over HTTP in this process: discovery, authorization, token (PKCE), userinfo."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "tars", "a secret of the test"


class Service(ThreadingHTTPServer):
    """Whom it signs in is `person`: the claims of the next token."""

    person: dict[str, Any]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.person = {}


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, _flat(urlsplit(self.path).query)
        if path == "/.well-known/openid-configuration":
            self._says(200, self._configuration())
        elif path == "/authorize":
            self._authorize(asked)
        elif path == "/userinfo" and self.headers.get("Authorization") == "Bearer opened":
            self._says(200, self.server.person)
        else:
            self._says(404, {})

    def do_POST(self) -> None:
        form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
        kept = self.server.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_right = kept is not None and kept["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
        secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if not is_right or self.headers.get("Authorization") != f"Basic {secret}":
            self._says(400, {"error": "invalid_grant"})
            return
        at = int(time.time())
        claims = {**self.server.person, "iss": self.server.url, "aud": CLIENT_ID, "iat": at, "exp": at + 60}
        token = jwt.encode(claims, self.server.key, algorithm="RS256", headers={"kid": "one"})
        self._says(200, {"access_token": "opened", "token_type": "Bearer", "id_token": token})

    def _configuration(self) -> dict[str, Any]:
        here = self.server.url
        return {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "userinfo_endpoint": f"{here}/userinfo",
            "jwks_uri": f"{here}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def _authorize(self, asked: dict[str, str]) -> None:
        assert asked["client_id"] == CLIENT_ID and "openid" in asked["scope"] and asked["response_type"] == "code"
        code = secrets.token_urlsafe()
        self.server.codes[code] = asked
        self.send_response(302)
        back = urlencode({"code": code, "state": asked["state"]})
        self.send_header("Location", f"{asked['redirect_uri']}?{back}")
        self.end_headers()

    def _says(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test's output is the test's."""


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


@contextmanager
def running() -> Iterator[Service]:
    """The service, listening until the block ends."""
    service = Service()
    thread = threading.Thread(target=service.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


def settings_for(service: Service) -> dict[str, Any]:
    """What `tarsweb.settings` makes of TARS_OIDC_ISSUER and its siblings."""
    from tarsweb.oidc import providers

    return providers(issuer=service.url, client_id=CLIENT_ID, secret=CLIENT_SECRET, name="OMS sign-in")
