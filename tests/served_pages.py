"""Starts the installed ``planner serve`` on a data folder, opens pages as somebody, and tells what it saw as JSON.

``python served_pages.py HOME SIGN_IN PASSWORD MOST``; a process of its own, so that a test may run it without a network.
"""

import hashlib
import html
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import web


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def opened(opener, address, fields=None):
    """Status, kind and content."""
    body = None if fields is None else urllib.parse.urlencode(fields).encode()
    try:
        with opener.open(address, body, timeout=60) as response:
            return response.status, response.headers.get_content_type(), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", b""


def main(home, sign_in, password, most):
    port, metrics = free_port(), free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "web.command_line", "serve", "--port", str(port), "--metrics-port", str(metrics)],
        env={**os.environ, "PLANNER_HOME": home}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    site = f"http://127.0.0.1:{port}"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    try:
        for _ in range(900):
            try:
                opened(opener, f"{site}/healthz")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        form = opened(opener, f"{site}/sign-in")[2].decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)[1]
        signed_in = opened(opener, f"{site}/sign-in", {"csrf_token": token, "sign_in": sign_in, "password": password})
        assert signed_in[0] == 200, signed_in
        told = walk(opener, site, most)
        told["metrics"] = opened(opener, f"http://127.0.0.1:{metrics}/metrics")[2].decode()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    json.dump(told | {"from": web.__file__}, sys.stdout)


def walk(opener, site, most):
    """Every page that links lead to, each asset once, and whatever would be fetched from elsewhere."""
    pages, assets, outside, waiting = {}, {}, set(), ["/"]
    while waiting and len(pages) < most:
        here = waiting.pop(0)
        if here in pages:
            continue
        status, kind, content = opened(opener, site + here)
        pages[here] = status
        if kind != "text/html":
            continue
        text = content.decode()
        loaded = {html.unescape(link) for link in re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"', text)}
        outside |= {link for link in loaded if not link.startswith("/") or link.startswith("//")}
        loaded |= {html.unescape(link) for link in re.findall(r'["\'](/static/[^"\']+)["\']', text)}  # scripts import too
        for link in loaded - outside - set(assets):
            status, _, content = opened(opener, site + link)
            assets[link] = hashlib.sha256(content).hexdigest() if status == 200 else f"status {status}"
        waiting += [html.unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#]*)', text) if not link.startswith("/static/")]
    return {"pages": pages, "assets": assets, "outside": sorted(outside)}


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
