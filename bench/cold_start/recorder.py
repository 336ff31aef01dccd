"""What requests a function makes: a proxy between it and the laptop cloud writes them down, so that the rivals can make the same ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Step = dict[str, Any]

# Of OSS's headers, what is the request's own and no signature's.
_TOLD = ("range", "content-type", "x-oss-forbid-overwrite", "if-none-match", "if-match")
_SIGNED = re.compile(r'https?://[^"\\]+x-oss-signature=[^"\\]*')


class Recorder:
    """`steps` are the requests that came since `clear`, in their order, each with the status that answered it."""

    def __init__(self, port: int) -> None:
        self._lock = Lock()
        self.steps: list[Step] = []
        self.port = port

    def clear(self) -> None:
        with self._lock:
            self.steps = []

    def add(self, step: Step) -> None:
        with self._lock:
            self.steps.append(step)

    def template(self, names: Mapping[str, str]) -> str:
        """The steps as JSON, with `@name@` where a value of `names` was: the same work on another media fits in."""
        text = _SIGNED.sub(_unsigned, json.dumps(self.steps, ensure_ascii=False))
        jobs = [("job", step["job"]) for step in self.steps if "job" in step]
        for name, value in [*names.items(), *jobs]:
            text = text.replace(value, f"@{name}@")
        return text


def _unsigned(address: re.Match[str]) -> str:
    """A signature counts for one object only, so whoever makes the request signs anew."""
    _, _, key = urlsplit(address.group()).path.split("/", 2)
    return f"@signed {unquote(key)}@"


def fill(template: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        template = template.replace(f"@{name}@", value)
    return template


@contextmanager
def recording(endpoint: str) -> Iterator[Recorder]:
    """A proxy in front of `endpoint` while the block runs."""
    target = urlsplit(endpoint).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = HTTPConnection(target)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # the Host too, which is signed
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            recorder.add(_step(self, body, answer.status, content))
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    recorder = Recorder(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()


def _step(request: BaseHTTPRequestHandler, body: bytes, status: int, answer: bytes) -> Step:
    """The job of a SubmitSmarttagJob is told with it: later requests name it."""
    parts = urlsplit(request.path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    text = body.decode()
    if action := request.headers.get("x-acs-action"):
        job = {"job": json.loads(answer)["JobId"]} if action == "SubmitSmarttagJob" and status == 200 else {}
        return {"service": "IMS", "action": action, "parameters": {**query, **dict(parse_qsl(text))}, "status": status, **job}
    if "x-mns-version" in request.headers:
        return {"service": "MNS", "method": request.command, "path": parts.path, "query": query, "body": text, "status": status}
    _, bucket, key = parts.path.split("/", 2)
    told = {name.lower(): value for name, value in request.headers.items() if name.lower() in _TOLD}
    return {
        "service": "OSS",
        "method": request.command,
        "bucket": bucket,
        "key": unquote(key),
        "query": query,
        "headers": told,
        "body": text,
        "status": status,
    }
