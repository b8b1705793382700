"""What the service says of itself, as OpenAPI 3.1."""

from __future__ import annotations

from pydantic import BaseModel, TypeAdapter

from veritune.records import Verdict
from veritune.serve.bodies import BatchBody, OpenRlhfBody, RunCodeBody, VerifyBody
from veritune.version import __version__

Part = dict[str, object]
PLACE = "#/components/schemas/{model}"
BODIES: dict[str, tuple[type[BaseModel], str, str]] = {
    "/verify": (VerifyBody, "Verdict", "Verify one candidate"),
    "/verify/batch": (BatchBody, "Verdicts", "Verify several candidates"),
    "/run_code": (RunCodeBody, "RunCodeReply", "Run a program, as SandboxFusion does"),
    "/openrlhf": (OpenRlhfBody, "Rewards", "OpenRLHF's remote reward"),
}
REFUSALS = {
    400: "The body ended too early",
    401: "No token, or another",
    408: "The body took too long",
    413: "The body is too large",
    415: "The body is not JSON",
    421: "Without a token only localhost is answered",
    422: "The body is not right; the error says which key",
    424: "/openrlhf: a verifier error, so that there is no reward",
    429: "Too much is under way; Retry-After says when to try again",
    500: "The verifier failed, and not the candidate",
    503: "There is no working sandbox",
    504: "It took too long",
}
NUMBERS: Part = {"type": "array", "items": {"type": "number"}}
REPLIES: dict[str, Part] = {
    "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
    "Rewards": {
        "type": "object",
        "required": ["rewards", "scores", "extra_logs"],
        "properties": {"rewards": NUMBERS, "scores": NUMBERS, "extra_logs": {"type": "object"}},
    },
    "RunCodeReply": {
        "type": "object",
        "required": ["status", "message", "run_result", "files"],
        "properties": {
            "status": {"enum": ["Success", "Failed", "SandboxError"]},
            "message": {"type": "string"},
            "run_result": {"type": ["object", "null"]},
            "files": {"type": "object"},
        },
    },
}


def description(with_token: bool) -> Part:
    """The whole description."""
    found: Part = {
        "openapi": "3.1.0",
        "info": {"title": "veritune", "version": __version__},
        "paths": {
            **{path: {"post": _post(path, with_token)} for path in BODIES},
            "/health": {"get": _get("Whether it answers", "application/json")},
            "/metrics": {"get": _get("Figures for Prometheus", "text/plain", with_token)},
            "/openapi.json": {"get": _get("This", "application/json", with_token)},
        },
        "components": {"schemas": _schemas()},
    }
    if with_token:
        scheme = {"token": {"type": "http", "scheme": "bearer"}}
        found["components"] = {"schemas": _schemas(), "securitySchemes": scheme}
    return found


def _post(path: str, with_token: bool) -> Part:
    body, reply, summary = BODIES[path]
    refusals = {
        str(status): {"description": said, "content": _json("Error")}
        for status, said in REFUSALS.items()
    }
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": _json(body.__name__)},
        "responses": {"200": {"description": "Done", "content": _json(reply)}, **refusals},
        **_secured(with_token),
    }


def _get(summary: str, kind: str, with_token: bool = False) -> Part:
    responses: Part = {"200": {"description": "Done", "content": {kind: {}}}}
    if with_token:
        responses["401"] = {"description": REFUSALS[401], "content": _json("Error")}
    return {"summary": summary, "responses": responses, **_secured(with_token)}


def _secured(with_token: bool) -> Part:
    return {"security": [{"token": []}]} if with_token else {}


def _json(name: str) -> Part:
    return {"application/json": {"schema": {"$ref": PLACE.format(model=name)}}}


def _schemas() -> Part:
    found: Part = dict(REPLIES)
    for body, _, _ in BODIES.values():
        _add(found, body.__name__, body.model_json_schema(ref_template=PLACE))
    _add(found, "Verdict", TypeAdapter(Verdict).json_schema(ref_template=PLACE))
    found["Verdicts"] = {
        "type": "object",
        "required": ["verdicts"],
        "properties": {
            "verdicts": {"type": "array", "items": {"$ref": PLACE.format(model="Verdict")}}
        },
    }
    return found


def _add(found: Part, name: str, schema: Part) -> None:
    """A schema with those that it refers to beside it."""
    inner = schema.pop("$defs", {})
    assert isinstance(inner, dict)
    found |= inner
    found[name] = schema
