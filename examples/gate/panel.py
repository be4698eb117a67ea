"""A small panel behind the gate: docs/gate.md. Python 3.9 or later, nothing else."""

import hmac
import html
import json
import os
import time
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIServer, make_server

from tickets import ticket_for

NOTES: dict[str, list[str]] = {}
# With both set, the panel has its own sign-in, and sends tickets.
TICKET_KEY, PASSWORD = os.environ.get("TICKET_KEY", ""), os.environ.get("PANEL_PASSWORD", "")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Acme Hosting</title>
<nav><a href="/">Home</a> <a href="/orders?page=2">Orders</a> <a href="/account/user/security">Security</a>
<a href="/account/sign-out">Sign out</a></nav>
<main><h1>{title}</h1>{content}</main>
</html>"""


def panel(environ, start_response):
    """The WSGI application."""
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if path == "/login" and TICKET_KEY and PASSWORD:
        return sign_in(environ, start_response)
    owner = owner_of(environ)
    if owner is None:
        return answer(start_response, "403 Forbidden", "text/plain", "This panel is reached through its gate.\n")
    if path == "/" and method == "GET":
        return page(start_response, "Your panel", home(owner))
    if path == "/orders" and method == "GET":
        return page(start_response, "Your orders", f"<p>Nothing on {html.escape(environ['QUERY_STRING'])}.</p>")
    if path == "/notes" and method == "POST":
        if not comes_from_here(environ):
            return answer(start_response, "403 Forbidden", "text/plain", "This form came from elsewhere.\n")
        NOTES.setdefault(owner["id"], []).append(form_of(environ).get("note", ""))
        start_response("303 See Other", [("Location", "/")])
        return []
    if path == "/api/owner" and method == "GET":
        return answer(start_response, "200 OK", "application/json", json.dumps(owner))
    if path == "/clock" and method == "GET":
        # X-Accel-Buffering keeps nginx from buffering the stream.
        headers = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
        start_response("200 OK", headers)
        return ticks()
    return answer(start_response, "404 Not Found", "text/plain", "Acme has no such page.\n")


def owner_of(environ):
    """Who the gate says it is. WSGI reads headers as Latin-1, and the gate writes UTF-8."""
    names = ("User", "Email", "Id", "Groups", "Name")
    values = [environ.get(f"HTTP_REMOTE_{name.upper()}", "") for name in names]
    if "" in values:
        return None
    return {name.lower(): value.encode("latin-1").decode("utf-8") for name, value in zip(names, values)}


def comes_from_here(environ):
    """The gate knows whose browser it is, but not which site sent a form: that stays the panel's business."""
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN", "")
    return site == "same-origin" if site else origin.partition("://")[2] == environ.get("HTTP_HOST")


def form_of(environ):
    size = min(int(environ.get("CONTENT_LENGTH") or 0), 5000)
    return {name: values[-1] for name, values in parse_qs(environ["wsgi.input"].read(size).decode()).items()}


def sign_in(environ, start_response):
    """Stands for yours, which knows accounts, counts wrong passwords and so on. Shows its form to whoever is signed in, too."""
    target = parse_qs(environ["QUERY_STRING"]).get("next", ["/"])[-1]
    problem = ""
    if environ["REQUEST_METHOD"] == "POST" and comes_from_here(environ):
        form = form_of(environ)
        if hmac.compare_digest(form.get("password", "").encode(), PASSWORD.encode()):
            ticket = ticket_for(form.get("email", ""), TICKET_KEY)
            query = urlencode({"ticket": ticket, "next": target})
            start_response("303 See Other", [("Location", f"/account/sign-in/ticket?{query}")])
            return []
        problem = "<p>This isn't the password.</p>"
    action = html.escape("/login?" + urlencode({"next": target}))
    form = f"""{problem}<form method="post" action="{action}"><label>E-mail <input name="email"></label>
<label>Acme password <input name="password" type="password"></label> <button>Sign in at Acme</button></form>"""
    return page(start_response, "Acme's sign-in", form)


def home(owner):
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in NOTES.get(owner["id"], []))
    return f"""<p>You are <b id="owner">{html.escape(owner["email"])}</b>.</p>
<form method="post" action="/notes"><label>Note <input name="note"></label> <button>Add</button></form>
<ul>{notes}</ul>"""


def ticks():
    """An answer that stays open: closing the connection ends it only if the panel asks again."""
    for _ in range(60):
        yield b"data: tick\n\n"
        time.sleep(0.5)


def page(start_response, title, content):
    return answer(start_response, "200 OK", "text/html", PAGE.format(title=title, content=content))


def answer(start_response, status, kind, text):
    # Otherwise Back would show a page to the next person at the browser.
    start_response(status, [("Content-Type", f"{kind}; charset=utf-8"), ("Cache-Control", "no-store")])
    return [text.encode()]


class Server(ThreadingMixIn, WSGIServer):
    """Answers other requests while a stream is open."""

    daemon_threads = True


if __name__ == "__main__":
    # The loopback only: anyone who bypasses the gate can claim to be anybody.
    with make_server("127.0.0.1", int(os.environ.get("PORT", "9000")), panel, Server) as server:
        server.serve_forever()
