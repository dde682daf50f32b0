"""The login page. It needs no other file, since those require the token."""

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
input {{ margin: 0 0 1rem; border: 1px solid light-dark(#868e96, #909296); background: transparent }}
button {{ border: 0; color: #fff; background: #1c6fbb; cursor: pointer }}
button:hover {{ background: #1864ab }}
input:focus-visible, button:focus-visible {{ outline: 2px solid light-dark(#1c6fbb, #74c0fc); outline-offset: 1px }}
[aria-invalid=true] {{ border-color: light-dark(#c92a2a, #ff8787) }}
p {{ margin: 0 0 .75rem; font-size: .875rem; color: light-dark(#495057, #c1c2c5) }}
.wrong {{ color: light-dark(#c92a2a, #ff8787) }}
</style>
<form method="post" action="{action}">
<h1>mouse</h1>
<label for="token">Token of this dashboard</label>
{message}
<input name="username" value="mouse" autocomplete="username" hidden>
<input id="token" name="token" type="password" autofocus required autocomplete="current-password"
  aria-describedby="message" aria-invalid="{invalid}">
<button>Open</button>
</form>
"""
HINT = '<p id="message">Copy it from the end of the link that the dashboard printed when it started.</p>'
WRONG = """<p id="message" class="wrong" role="alert">This token is wrong. Copy it from the link that the running
dashboard printed: a restart may have changed it.</p>"""
BOUNCE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>mouse</title>
"""


def login_page(action: str, *, wrong: bool) -> HTMLResponse:
    """The login form, with a message if the last token was wrong."""
    message, invalid = (WRONG, "true") if wrong else (HINT, "false")
    return HTMLResponse(PAGE.format(action=escape(action), message=message, invalid=invalid), 401, HEADERS)


def retry_page() -> HTMLResponse:
    """A page that repeats the request itself: browsers send no SameSite=Strict cookie from another site."""
    return HTMLResponse(BOUNCE, 401, HEADERS)
