"""HTTP triggers that ask for a JSON Web Token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from localcloud.fc.errors import ProjectError
from tests.contract.fc.laptop import Laptop, write_project
from tests.contract.fc.test_fc_http import ECHO, http_trigger, website

HELP = "official help, Configure JWT authentication for an HTTP trigger"
SPELLING = "github.com/devsapp/fc3, src/interface/trigger.ts"
RECORDED = "recorded by projects on github.com: 403, JWTTokenIsMissing, the jwt token is missing"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
STRANGER = rsa.generate_private_key(65537, 2048)
OCT = {"kty": "oct", "kid": "shared", "alg": "HS256", "k": "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA"}


def public(text: str, **more: str) -> dict[str, Any]:
    return {**json.loads(text), **more}


KEYS = [
    public(RSAAlgorithm.to_jwk(RSA.public_key()), alg="RS256", use="sig"),
    public(ECAlgorithm.to_jwk(EC.public_key()), alg="ES256", kid="curve"),
    public(OKPAlgorithm.to_jwk(ED.public_key()), alg="EdDSA", kid="edwards"),
    OCT,
]
CONFIG = {
    "jwks": {"keys": KEYS},
    "tokenLookup": [{"readPosition": "header", "parameterName": "Authentication", "prefix": "Bearer "}],
    "claimPassBy": [{"claimName": "sub", "mappingParameterName": "X-User", "mappingParameterPosition": "header"}],
}


def triggers(**auth: Any) -> list[dict[str, Any]]:
    return http_trigger(authType="jwt", authConfig={**CONFIG, **auth})


def signed(key: Any = RSA, algorithm: str = "RS256", kid: str | None = None, **claims: Any) -> str:
    claims = {"sub": "ann", "exp": time.time() + 60, **claims}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def unsigned(header: dict[str, str]) -> str:
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, {"sub": "ann"}))


def by_public_key() -> str:
    """Signed with what everybody knows, in the hope that it is taken for a shared secret."""
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = unsigned({"alg": "HS256"})
    signature = hmac.new(pem, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def bearer(token: str) -> dict[str, str]:
    return {"Authentication": f"Bearer {token}"}


@pytest.fixture
def client(laptop: Laptop) -> Iterator[httpx.Client]:
    with website(laptop, laptop.start(ECHO, triggers=triggers())) as made:
        yield made


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    assert response.json()["RequestId"] == response.headers["x-fc-request-id"]
    return response.status_code, response.json()["Code"], response.json()["Message"]


@pytest.mark.contract(HELP + ": the key is the one with the token's kid, or the one without any; several keys, RS, ES, EdDSA and HS")
def test_tokens_that_count(client: httpx.Client) -> None:
    secret = "secret secret secret secret secret"
    for token in (
        signed(),
        signed(EC, "ES256", "curve"),
        signed(ED, "EdDSA", "edwards"),
        signed(secret, "HS256", "shared"),
    ):
        response = client.get("/", headers=bearer(token))
        assert (response.status_code, response.json()["headers"]["X-User"]) == (200, "ann")


@pytest.mark.contract(RECORDED)
def test_a_missing_token(client: httpx.Client) -> None:
    missing = (403, "JWTTokenIsMissing", "the jwt token is missing")
    assert refusal(client.get("/")) == missing
    assert refusal(client.get("/", headers={"Authentication": signed()})) == missing  # without its prefix
    assert refusal(client.get("/", headers={"Authorization": f"Bearer {signed()}"})) == missing


@pytest.mark.contract("our assumption: status and code of a token that does not count follow those of a missing one; " + HELP)
def test_tokens_that_do_not_count(client: httpx.Client, laptop: Laptop) -> None:
    bad = {
        "expired": signed(exp=time.time() - 1),
        "not yet": signed(nbf=time.time() + 60),
        "another key": signed(STRANGER),
        "unknown kid": signed(RSA, kid="nobody"),
        "the key of another kid": signed(RSA, kid="curve"),
        "none": unsigned({"alg": "none"}) + ".",
        "the public key as a secret": by_public_key(),
        "another algorithm": signed(RSA, "RS512"),
        "no token": "abc",
        "odd times": signed(EC, "ES256", "curve")[:-4] + "AAAA",
        "deep": jwt.utils.base64url_encode(b"[" * 3000).decode() + ".e30.x",
    }
    answers = {name: refusal(client.get("/", headers=bearer(token)))[:2] for name, token in bad.items()}
    assert answers == dict.fromkeys(bad, (403, "JWTTokenIsInvalid"))
    assert not (laptop.folder / "data" / "logs" / "work.log").exists(), "a refused request must not run the function"


@pytest.mark.contract(HELP + ": tokens are read from header, query, form and cookie, claims passed in the same; " + SPELLING)
def test_positions(laptop: Laptop) -> None:
    lookup = "header:Authentication:Bearer ,query:token,form:token,cookie:token"
    passing = "query:sub:user,form:roles:roles,cookie:sub:who"
    with website(laptop, laptop.start(ECHO, triggers=triggers(tokenLookup=lookup, claimPassBy=passing))) as client:
        token = signed(roles=["a", "b"])
        event = client.get("/", params={"token": token, "user": "mallory", "q": "x y"}).json()
        assert (event["queryParameters"]["user"], event["queryParameters"]["q"]) == ("ann", "x y")
        event = client.post("/", data={"token": token, "roles": "admin"}).json()
        assert httpx.QueryParams(event["body"])["roles"] == '["a", "b"]'
        assert httpx.QueryParams(event["body"]).get_list("roles") == ['["a", "b"]']
        event = client.get("/", headers={"Cookie": f"token={token}; who=mallory; z=1"}).json()
        assert sorted(event["headers"]["Cookie"].split("; ")) == sorted([f"token={token}", "z=1", "who=ann"])


@pytest.mark.contract("our assumption: a client can't pass itself off as somebody by the parameter of a claim that its token has not")
def test_a_claim_is_never_the_clients_word(client: httpx.Client) -> None:
    token = jwt.encode({"exp": time.time() + 60}, RSA, algorithm="RS256")
    event = client.get("/", headers={**bearer(token), "X-User": "mallory"}).json()
    assert "X-User" not in event["headers"]


@pytest.mark.contract("our assumption: a whitelist names the paths that need no token, a blacklist the only ones that do; " + SPELLING)
def test_lists_of_paths(laptop: Laptop) -> None:
    with website(laptop, laptop.start(ECHO, triggers=triggers(whitelist=["/open", "/public/*"]))) as client:
        assert [client.get(path).status_code for path in ("/open", "/public/a/b", "/", "/open/more")] == [200, 200, 403, 403]
        assert "X-User" not in client.get("/open", headers={"X-User": "mallory"}).json()["headers"]
    laptop.stop()
    with website(laptop, laptop.start(ECHO, triggers=triggers(blackList=["/closed/*"]))) as client:
        assert [client.get(path).status_code for path in ("/open", "/closed/a", "/%63losed/a")] == [200, 403, 403]


@pytest.mark.contract(SPELLING + "; " + HELP + ": at most one key without a kid")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"jwks": {"keys": []}}, "at least one key"),
        ({"jwks": {"keys": [KEYS[0], KEYS[0]]}}, "kid of its own"),
        ({"jwks": {"keys": [{"kty": "RSA"}]}}, "can't be read"),
        ({"jwks": {"keys": [{**OCT, "alg": "none"}]}}, "key"),
        ({"whitelist": ["/a"], "blacklist": ["/b"]}, "exclude each other"),
        ({"tokenLookup": "body:token"}, "tokenLookup"),
        ({"tokenLookup": []}, "tokenLookup"),
    ],
)
def test_mistakes_are_told(laptop: Laptop, change: dict[str, Any], said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        laptop.start(ECHO, triggers=triggers(**change))


@pytest.mark.contract(SPELLING + ": authType jwt needs authConfig")
def test_keys_are_needed(tmp_path: Path, laptop: Laptop) -> None:
    write_project(tmp_path, ECHO)
    with pytest.raises(ProjectError, match="authConfig goes with authType jwt"):
        laptop.start(ECHO, triggers=http_trigger(authType="jwt"))
