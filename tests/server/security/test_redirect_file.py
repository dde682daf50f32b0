"""A browser is sent to a link with a token by a file that its user alone can read."""

from pathlib import Path
from urllib.request import url2pathname

from mouse_dashboard.web.security.redirect_file import redirect_file


def test_the_file_is_private_holds_the_link_and_goes() -> None:
    with redirect_file("http://localhost:8000/?batch=x&token=%22s3cret") as address:
        file = Path(url2pathname(address.removeprefix("file://")))
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert "s3cret" not in address
        assert "0; url=http://localhost:8000/?batch=x&amp;token=%22s3cret" in file.read_text()
    assert not file.parent.exists()
