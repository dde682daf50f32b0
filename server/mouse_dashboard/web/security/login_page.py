"""The page that asks for the token. It needs no other file: those are behind the token."""

from html import escape

from starlette.responses import HTMLResponse

# With no-referrer, which the other pages have, a browser would hide from us where the form comes from.
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>mouse</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f8f9fa, #1a1b1e) }}
form {{ width: min(22rem, 90vw); box-sizing: border-box; padding: 2rem; border-radius: .5rem;
  background: light-dark(#fff, #25262b); border: 1px solid light-dark(#dee2e6, #373a40) }}
h1 {{ margin: 0 0 1rem; font-size: 1.25rem }}
label {{ font-weight: 600 }}
input, button {{ font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .75rem; border-radius: .25rem }}
input {{ margin: .25rem 0 1rem; border: 1px solid light-dark(#868e96, #909296); background: transparent }}
button {{ border: 0; color: #fff; background: #1c6fbb; cursor: pointer }}
p {{ margin: 0 0 1rem; font-size: .875rem; color: light-dark(#495057, #c1c2c5) }}
.wrong {{ color: light-dark(#c92a2a, #ff8787) }}
</style>
<form method="post" action="{action}">
<h1>mouse</h1>
{message}
<label for="token">Token of this dashboard</label>
<input id="token" name="token" type="password" autofocus required autocomplete="current-password">
<button>Open</button>
</form>
"""
HINT = "<p>It stands at the end of the link that the dashboard printed when it was started.</p>"
WRONG = """<p class="wrong" role="alert">This token is wrong. Copy the one of the running dashboard: a restart may have
changed it.</p>"""
BOUNCE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>mouse</title>
"""


def login_page(action: str, *, wrong: bool) -> HTMLResponse:
    """Ask for the token, and say so where the last one was wrong."""
    return HTMLResponse(PAGE.format(action=escape(action), message=WRONG if wrong else HINT), 401, HEADERS)


def ask_again() -> HTMLResponse:
    """Let the page itself repeat the request: from another site a browser sends no strict cookie."""
    return HTMLResponse(BOUNCE, 401, HEADERS)
