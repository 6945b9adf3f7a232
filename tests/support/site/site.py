"""A small application whose every path misbehaves in its own way."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def visit(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        match url.path.strip("/").split("/"):
            case ["healthz"]:
                self.answer(200 if time.time() > READY_AT else 503)
            case ["status", status]:
                self.answer(int(status))
            case ["redirect", "0"]:
                self.answer(200, {"arrived": self.command})
            case ["redirect", times]:
                self.answer(302, Location=f"/redirect/{int(times) - 1}")
            case ["slow", seconds]:
                time.sleep(float(seconds))
                self.answer(200)
            case ["torn"]:
                # Promises more than it sends.
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"begun")
                self.close_connection = True
            case ["sign-in"]:
                self.answer(200, Set_Cookie="user=known; Path=/")
            case ["private"]:
                self.answer(200 if "user=known" in self.headers.get("Cookie", "") else 403)
            case ["flaky"]:
                VISITS.append(1)
                self.answer(503 if len(VISITS) % 2 else 200)
            case ["rows"]:
                rows = [{"id": n, "total": n * 10} for n in range(1, 4)]
                if query.get("other"):
                    rows[1]["total"] = 7
                self.answer(200, {"rows": rows if query.get("up") else rows[::-1]})
            case ["end"]:
                print("this was too much", flush=True)
                os._exit(3)
            case _:
                headers = {name: value for name, value in self.headers.items()}
                told = {"method": self.command, "path": self.path, "query": query, "headers": headers, "body": body}
                print(json.dumps(told), flush=True)
                self.answer(200, told)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = visit

    def log_message(self, *_):
        pass


VISITS = []
READY_AT = time.time() + float(os.environ.get("READY_AFTER", 0))
print("serving", os.environ["DATABASE_URL"], os.environ.get("PGAPPNAME"), file=sys.stderr, flush=True)
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Site).serve_forever()
