"""JWT authentication of an HTTP trigger: who may call, and what the function learns of them.

Keys, algorithms and positions: the official help, "Configure JWT authentication for an HTTP trigger"; how it is written in a project file:
github.com/devsapp/fc3, src/interface/trigger.ts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import jwt
from pydantic import AliasChoices, Field, field_validator, model_validator

from localcloud.fc.errors import Refused
from localcloud.fc.project.declared import Declared
from localcloud.http import Body, Headers, Request

ALGORITHMS = frozenset(f"{family}{bits}" for family in ("RS", "PS", "ES", "HS") for bits in (256, 384, 512)) | {"EdDSA"}
_FORM = "application/x-www-form-urlencoded"


class TokenMissing(Refused):
    """As the cloud's gateway words it: github.com projects that record its answer have status, code and message so."""

    def __init__(self) -> None:
        super().__init__(403, "JWTTokenIsMissing", "the jwt token is missing")


class TokenInvalid(Refused):
    """Assumption: status and code follow those of a missing token."""

    def __init__(self) -> None:
        super().__init__(403, "JWTTokenIsInvalid", "invalid or expired jwt")


class Lookup(Declared):
    """Where a request carries its token."""

    read_position: str = Field(pattern="^(header|cookie|query|form)$")
    parameter_name: str = Field(min_length=1)
    prefix: str = ""


class Passing(Declared):
    """A claim that the function gets as a parameter of the request."""

    claim_name: str = ""
    mapping_parameter_name: str = ""
    mapping_parameter_position: str = Field(pattern="^(header|cookie|query|form)$")


class JwtConfig(Declared):
    """`authConfig` of a trigger whose `authType` is jwt."""

    jwks: dict[str, list[dict[str, Any]]]
    token_lookup: tuple[Lookup, ...] = Field(min_length=1)
    claim_pass_by: tuple[Passing, ...] = ()
    # fc3's own examples write whiteList and blackList, its schema does not know them.
    whitelist: tuple[str, ...] = Field((), validation_alias=AliasChoices("whitelist", "whiteList"))
    blacklist: tuple[str, ...] = Field((), validation_alias=AliasChoices("blacklist", "blackList"))

    @field_validator("token_lookup", mode="before")
    @classmethod
    def _lookups(cls, given: Any) -> Any:
        """`header:Authentication:Bearer ,query:token`, or the same as a list."""
        return tuple(_parts(given, ("readPosition", "parameterName", "prefix")))

    @field_validator("claim_pass_by", mode="before")
    @classmethod
    def _passings(cls, given: Any) -> Any:
        """`header:uid:X-User`; `query::`, which fc3 writes where nothing is given, passes nothing."""
        parts = _parts(given, ("mappingParameterPosition", "claimName", "mappingParameterName"))
        return tuple(part for part in parts if not isinstance(part, Mapping) or part.get("mappingParameterName"))

    @field_validator("jwks")
    @classmethod
    def _keys_can_be_used(cls, jwks: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
        keys = jwks.get("keys") or []
        for key in keys:
            if "alg" in key and str(key["alg"]) not in ALGORITHMS:
                raise ValueError(f"a key is for {key['alg']}; use one of {', '.join(sorted(ALGORITHMS))}")
            try:
                jwt.PyJWK.from_dict(key)
            except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
                raise ValueError(f"a key can't be read ({type(error).__name__}: {error}); give it as a JSON Web Key") from None
        kids = [str(key.get("kid") or "") for key in keys]
        if not keys:
            raise ValueError("keys needs at least one key; write the public keys of a JSON Web Key Set there")
        if len(set(kids)) < len(kids):
            raise ValueError("two keys have the same kid, or none; give each a kid of its own")
        return jwks

    @model_validator(mode="after")
    def _one_list(self) -> JwtConfig:
        if self.whitelist and self.blacklist:
            raise ValueError("whitelist and blacklist exclude each other; remove one")
        return self

    def applies_to(self, path: str) -> bool:
        """Whether a path needs a token. Assumption: a whitelist names those that need none, a blacklist the only ones that do."""
        if self.blacklist:
            return any(_covers(pattern, path) for pattern in self.blacklist)
        return not any(_covers(pattern, path) for pattern in self.whitelist)

    def admit(self, request: Request, now: float) -> Request:
        """The request as the function gets it, claims among its parameters. Raises TokenMissing or TokenInvalid."""
        if not self.applies_to(request.path):
            return self._with_claims(request, {})
        return self._with_claims(request, self._claims(self._token(request), now))

    def _token(self, request: Request) -> str:
        for lookup in self.token_lookup:
            found = _parameters(request, lookup.read_position).get(_key(lookup.read_position, lookup.parameter_name), "")
            if found.startswith(lookup.prefix) and (token := found[len(lookup.prefix) :].strip()):
                return token
        raise TokenMissing

    def _claims(self, token: str, now: float) -> dict[str, Any]:
        try:
            kid = str(jwt.get_unverified_header(token).get("kid") or "")
            key = next(key for key in self.jwks["keys"] if str(key.get("kid") or "") == kid)
            signer = jwt.PyJWK.from_dict(key)
            # Its times are compared with our clock, below; what audience and issuer have to be, no trigger can say.
            unchecked = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_iss": False}
            # The one algorithm of the key: never the token's word for it, and never none.
            claims: dict[str, Any] = jwt.decode(token, signer.key, [signer.algorithm_name], options=unchecked)  # type: ignore[arg-type]
            if float(claims.get("exp", now + 1)) <= now or float(claims.get("nbf", now)) > now:
                raise TokenInvalid
        except (jwt.PyJWTError, StopIteration, ValueError, TypeError, RecursionError):
            raise TokenInvalid from None
        return claims

    def _with_claims(self, request: Request, claims: Mapping[str, Any]) -> Request:
        """A parameter that a claim is passed by is never the client's own, so nobody can give a claim that the token has not."""
        for passing in self.claim_pass_by:
            value = claims.get(passing.claim_name)
            # A claim may hold half a surrogate pair, which no parameter can carry.
            text = value.encode(errors="replace").decode() if isinstance(value, str) else json.dumps(value)
            request = _with(request, passing.mapping_parameter_position, passing.mapping_parameter_name, None if value is None else text)
        return request


def _parts(given: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """Entries of a list, or of a text with commas in it, each as a mapping."""
    if not isinstance(given, (str, list, tuple)):
        raise ValueError("it is neither a text nor a list; write one")
    for entry in given.split(",") if isinstance(given, str) else given:
        if isinstance(entry, str):
            values = entry.split(":", len(names) - 1)
            yield {name: value.lstrip() if name == names[0] else value for name, value in zip(names, values, strict=False)}
        else:
            yield entry


def _covers(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _key(position: str, name: str) -> str:
    return name.lower() if position == "header" else name


def _parameters(request: Request, position: str) -> Mapping[str, str]:
    if position == "header":
        return request.headers
    if position == "query":
        return request.query
    if position == "form":
        return dict(_form(request))
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(request.headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in cookies.items()}


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM


def _form(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(request.body.read().decode(errors="replace"), keep_blank_values=True) if _is_form(request) else []


def _with(request: Request, position: str, name: str, value: str | None) -> Request:
    """`request` with one parameter set, or taken out where `value` is None."""
    added = [] if value is None else [(name, value)]
    if position == "query":
        kept = [part for part in request.raw_query.split("&") if part and dict(_query_name(part)).keys() != {name}]
        query = "&".join([*kept, *(f"{quote(key)}={quote(text)}" for key, text in added)])
        return replace(request, target=request.raw_path + (f"?{query}" if query else ""))
    if position == "form":
        if not _is_form(request):
            return request
        pairs = [pair for pair in _form(request) if pair[0] != name]
        return replace(request, body=Body(urlencode([*pairs, *added]).encode()))
    if position == "cookie":
        pairs = [(key, text) for key, text in _parameters(request, "cookie").items() if key != name]
        added = [("cookie", "; ".join(f"{key}={text}" for key, text in [*pairs, *added]))]
        name = "cookie"
    return replace(request, headers=Headers([*(pair for pair in request.headers.items() if pair[0] != name.lower()), *added]))


def _query_name(part: str) -> list[tuple[str, str]]:
    return parse_qsl(part, keep_blank_values=True)
