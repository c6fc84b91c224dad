"""A small OpenID Connect issuer over HTTP: discovery, authorisation code with PKCE, token, JWKS, userinfo."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "remit", "a client's secret"


@dataclass
class Issuer:
    url: str
    person: dict[str, Any] = field(default_factory=dict)  # who logs in there: claims
    audience: str = CLIENT  # of the tokens; another one is a token for somebody else
    codes: dict[str, dict[str, str]] = field(default_factory=dict)  # what was asked for, by the code given
    asked: list[str] = field(default_factory=list)

    def authorise(self, location: str) -> str:
        """What a browser is sent back to after the person logged in at ``location``."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"code{len(self.codes)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"


@contextmanager
def oidc_issuer() -> Iterator[Issuer]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    issuer = Issuer("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            pages = {
                "/.well-known/openid-configuration": self._discovery,
                "/jwks": self._keys,
                "/userinfo": lambda: issuer.person,
            }
            self._send(pages[self.path]())

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            asked = issuer.codes.pop(form["code"][0])
            challenge = hashlib.sha256(form["code_verifier"][0].encode()).digest()
            assert asked["code_challenge"] == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
            assert (form["client_id"][0], form["client_secret"][0]) == (CLIENT, SECRET)
            about = {
                "iss": issuer.url,
                "aud": issuer.audience,
                "iat": int(time.time()),
                "exp": int(time.time()) + 60,
            }
            token = jwt.encode({**about, **issuer.person}, key, algorithm="RS256", headers={"kid": "1"})
            self._send(
                {"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": token}
            )

        def _discovery(self) -> dict[str, Any]:
            ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            return {
                "issuer": issuer.url,
                "jwks_uri": f"{issuer.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                **{f"{name}_endpoint": f"{issuer.url}/{path}" for name, path in ends.items()},
            }

        def _keys(self) -> dict[str, Any]:
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            return {"keys": [{**public, "kid": "1"}]}

        def _send(self, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *about: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
