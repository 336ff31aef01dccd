"""A site for the page's tests: the page's own files, a scripted /search, and real media rendered on the spot."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import av
import cv2
import numpy as np

PAGE = Path(__file__).parents[2] / "functions" / "search" / "page"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
# Stricter than the search function's own by nothing but the absence of a second host for media.
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
SECONDS = 12
Answer = tuple[int, dict[str, Any]]


def scene(seconds: float, width: int = 640, height: int = 360) -> np.ndarray:
    """A figure that walks past a door, as the second has it."""
    frame = np.full((height, width, 3), (206, 214, 216), np.uint8)
    cv2.rectangle(frame, (0, int(height * 0.72)), (width, height), (132, 146, 150), -1)
    cv2.rectangle(frame, (int(width * 0.62), int(height * 0.2)), (int(width * 0.78), int(height * 0.72)), (74, 86, 52), -1)
    x = int(width * (0.05 + 0.8 * seconds / SECONDS))
    cv2.ellipse(frame, (x, int(height * 0.56)), (20, 62), 0, 0, 360, (52, 60, 168), -1)
    cv2.circle(frame, (x, int(height * 0.35)), 20, (150, 180, 220), -1)
    cv2.putText(frame, f"{seconds:04.1f}", (16, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (60, 60, 60), 2)
    return frame


def jpeg(seconds: float) -> bytes:
    return cv2.imencode(".jpg", scene(seconds))[1].tobytes()


def mp4() -> bytes:
    """Twelve seconds of the scene, 5 frames a second, a key frame every second."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.codec_context.gop_size = 5
        for index in range(SECONDS * 5):
            frame = av.VideoFrame.from_ndarray(scene(index / 5), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return sink.getvalue()


def hit(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One hit of an answer, as the search function writes it."""
    return {
        "media_id": f"{number:032x}",
        "key": f"home/front-door/clip-{number}.mp4",
        "kind": "video",
        "namespace": "home",
        "device": "front-door",
        "time": "2026-03-14T07:32:05+08:00",
        "title": f"A person walks past the door ({number})",
        "brief": "A person walks from left to right.",
        "caption": "A person in red enters from the left, passes the green door and leaves on the right.",
        "score": 0.87,
        "clips": [{"from": 4.0, "to": 6.5, "score": 0.87}, {"from": 9.0, "to": 10.0, "score": 0.6}],
        "starts_at": 4.0,
        "labels": ["human"],
        "objects": ["door"],
        "actions": ["walking"],
        "thumbnail_url": "/media/thumb.jpg",
        "media_url": "/media/clip.mp4",
        "engine": {"name": "core", "cannot_see": ["pets", "gender"], "notes": []},
    } | changes


def answer(hits: list[dict[str, Any]], total: int | None = None, page: int = 1, hint: str | None = None, page_size: int = 10) -> Answer:
    counted = len(hits) if total is None else total
    return 200, {"query": "q", "namespace": "home", "page": page, "page_size": page_size, "total": counted, "hint": hint, "hits": hits}


def wav() -> bytes:
    """Twelve seconds of a tone, 8 kHz mono."""
    seconds = np.arange(SECONDS * 8_000) / 8_000
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes((np.sin(seconds * 440 * 2 * np.pi) * 8_000).astype("<i2").tobytes())
    return sink.getvalue()


class Site(ThreadingHTTPServer):
    """Serves on a free port of this machine; `search` is called with the parameters of each search."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.media = {
            "/media/clip.mp4": (mp4(), "video/mp4"),
            "/media/thumb.jpg": (jpeg(4.0), "image/jpeg"),
            "/media/sound.wav": (wav(), "audio/wav"),
        }
        self.search: Callable[[dict[str, str]], Answer] = lambda _: answer([])
        self.asked: list[dict[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/search":
            asked = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
            self.server.asked.append(asked)
            status, content = self.server.search(asked)
            self._reply(status, json.dumps(content).encode(), "application/json")
        elif path in self.server.media:
            self._reply_range(*self.server.media[path])
        elif path in ("/", "/page.css", "/page.js", "/elements.js", "/player.js"):
            file = PAGE / (path.strip("/") or "index.html")
            self._reply(200, file.read_bytes(), TYPES[file.suffix])
        else:
            self._reply(404, b"", "text/plain")

    def _reply_range(self, data: bytes, content_type: str) -> None:
        """A player seeks by asking for the bytes from somewhere on."""
        wanted = self.headers.get("range", "")
        if not wanted.startswith("bytes="):
            self._reply(200, data, content_type, {"Accept-Ranges": "bytes"})
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
        headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{end}/{len(data)}"}
        self._reply(206, data[start : end + 1], content_type, headers)

    def _reply(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            fixed = {"Content-Type": content_type, "Content-Length": str(len(body)), "Content-Security-Policy": POLICY}
            for name, value in (fixed | (headers or {})).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # a player hangs up when it has read enough

    def log_message(self, format: str, *args: object) -> None:
        pass
