"""What every answer and every request must pass: headers, CSRF, limits, hosts, cookies."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import NotFound, RequestURITooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from storefront.core import limits
from storefront.core import settings as shop_settings
from storefront.core.i18n import root_path
from storefront.core.permissions import is_staff
from storefront.core.settings import Settings

SESSION_COOKIE = "regulars"
LIMITS = {"forms": 2_000_000, "form_memory": 500_000, "form_parts": 1_000, "url": 8_192}
# Endpoints of the staff that take files, and how many bytes of them; filled by `allow_upload`.
UPLOADS = "regulars_uploads"
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z", re.ASCII)

# CSRF last: a limit on a form must count posts without a token too (a token check first would hide it).
# For whatever changes something or guesses: counted for all processes together.
limiter = Limiter(
    lambda: limit_key(get_remote_address()), storage_uri=f"{limits.SCHEME}://", strategy=limits.SCHEME
)
# For pages that are dear and only read: counted by each process for itself, so that reading never writes.
page_limiter = Limiter(lambda: limit_key(get_remote_address()), storage_uri="memory://")


class FormsOfThisShop(CSRFProtect):
    """A form needs its token, and a browser that says where it was sent from must name this shop.

    What machines send (`csrf.exempt`) says who speaks by a signature and is not asked.
    """

    def protect(self, apply_exemptions: bool = False) -> None:
        """Raises CSRFError."""
        super().protect(apply_exemptions)
        if g.get("csrf_valid") and not _is_from_here():
            raise CSRFError("The form was sent from another site.")


csrf = FormsOfThisShop()


def _is_from_here() -> bool:
    """What the browser says of where a request comes from; who says nothing still needs the token."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    # By their hosts: behind a proxy that ends TLS the scheme that arrives here need not be the browser's.
    own = {request.host, urlsplit(current_app.extensions["regulars_settings"].base_url).netloc}
    return urlsplit(origin).netloc in own


def init_security(app: Flask, settings: Settings, prefix: str) -> None:
    """Cookies, hosts, limits, CSRF and headers of the whole shop. `prefix` is where it is mounted."""
    _configure(app, settings, prefix)
    if settings.proxy_count:
        count = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    # Of the database's address only a digest: it may hold a password.
    app.extensions["regulars_limit_scope"] = hashlib.sha256(settings.shop_url.encode()).hexdigest()[:12]
    limits.init_counts(app, settings.redis_url)
    app.extensions[UPLOADS] = {}
    limiter.init_app(app)
    page_limiter.init_app(app)
    app.before_request(_make_room)  # before the token is looked for, which reads the form
    csrf.init_app(app)
    app.before_request(_refuse_strange_urls)
    app.after_request(_headers)
    app.jinja_env.globals.update(csp_nonce=csp_nonce, static_url=static_url, csrf_token=generate_csrf)


def allow_upload(app: Flask, endpoint: str, most: int) -> None:
    """Let this endpoint take up to `most` bytes from staff; everybody else keeps the usual limit."""
    app.extensions[UPLOADS][endpoint] = most


def _make_room() -> None:
    if request.mimetype == "application/x-www-form-urlencoded":
        # Read in one piece: werkzeug's limit of a form's memory counts for forms in parts only.
        request.max_content_length = LIMITS["form_memory"]
        return
    most = current_app.extensions[UPLOADS].get(request.endpoint)
    if most is not None and current_user.is_authenticated and is_staff(current_user.role):
        request.max_content_length = most


def limit_key(who: str) -> str:
    """Whose tries are counted together: those of `who` in this shop. Shops may share a process or a Redis."""
    return f"{current_app.extensions['regulars_limit_scope']}:{who}"


def uncount(key: str) -> None:
    """Give this request's try back to the limit counted under `key`: it turned out to be no guess.

    What others tried stays, and so does every other limit of this request: signing in over and over again
    is still more than a person does.
    """
    for used in limiter.current_limits:
        if key in used.key:
            limiter.storage.incr(used.key, used.limit.get_expiry(), -1)


def _configure(app: Flask, settings: Settings, prefix: str) -> None:
    fallbacks = [key for key in settings.secret_key_fallbacks.split(",") if key]
    app.config.update(
        SECRET_KEY=shop_settings.secret_key(settings),
        SECRET_KEY_FALLBACKS=fallbacks,
        TRUSTED_HOSTS=settings.hosts,
        SESSION_COOKIE_NAME=_cookie_name(settings, prefix),
        APPLICATION_ROOT=prefix or "/",
        SESSION_COOKIE_PATH=prefix or "/",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # As long as the longest sign-in; when one ends, its row says, not the age of the cookie.
        PERMANENT_SESSION_LIFETIME=30 * 86_400,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=LIMITS["forms"],
        MAX_FORM_MEMORY_SIZE=LIMITS["form_memory"],
        MAX_FORM_PARTS=LIMITS["form_parts"],
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=settings.secure,
        RATELIMIT_HEADERS_ENABLED=False,
        RATELIMIT_ENABLED=True,
    )


def _cookie_name(settings: Settings, prefix: str) -> str:
    """`__Host-` binds the cookie to this host, where https and the root path allow it."""
    return f"__Host-{SESSION_COOKIE}" if settings.secure and not prefix else SESSION_COOKIE


def csp_nonce() -> str:
    """The nonce of this response; made on first use."""
    if "regulars_nonce" not in g:
        g.regulars_nonce = secrets.token_urlsafe(16)
    return g.regulars_nonce


def allow_form_targets(origins: Iterable[str]) -> None:
    """Let the forms of this response lead to these origins too, be it by a redirect.

    Raises ValueError for what is not scheme, host and perhaps port: it would become part of the policy.
    """
    wanted = tuple(origins)
    wrong = [one for one in wanted if not _ORIGIN.match(one)]
    if wrong:
        raise ValueError(f"not an origin: {wrong[0]!r}")
    g.regulars_form_origins = tuple(dict.fromkeys((*g.get("regulars_form_origins", ()), *wanted)))


def _refuse_strange_urls() -> None:
    """Too long ones; and those with a NUL, which names nothing: PostgreSQL fails when it is asked for it."""
    if len(request.full_path) > LIMITS["url"]:
        raise RequestURITooLarge
    if "\0" in request.path:
        raise NotFound


def _headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = _policy()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(self)"
    if current_app.extensions["regulars_settings"].secure:
        headers["Strict-Transport-Security"] = _staying_with_https()
    if response.mimetype == "text/html" or "Cache-Control" not in headers:
        # Pages differ by person, language and theme: nobody between us and the browser keeps them.
        headers.setdefault("Cache-Control", "private, no-store")
    return response


def _staying_with_https() -> str:
    """For a year; what a host app keeps on other names of its domain is not the shop's to decide."""
    mounted = current_app.config["APPLICATION_ROOT"] != "/"
    return "max-age=31536000" if mounted else "max-age=31536000; includeSubDomains"


def _policy() -> str:
    nonce = f"'nonce-{g.regulars_nonce}'" if "regulars_nonce" in g else ""
    # A browser follows this rule through every redirect that answers a form.
    targets = " ".join(("'self'", *g.get("regulars_form_origins", ())))
    return (
        f"default-src 'self'; script-src 'self' {nonce}; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self'; form-action {targets}; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ).replace(" ;", ";")


@lru_cache(maxsize=256)
def _fingerprint(path: str) -> str:
    file = files("storefront") / "static" / path
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def static_url(path: str) -> str:
    """Address of a static file with a fingerprint of its content, so that it may be cached for a year."""
    # Not url_for: that would carry the language, and each file would be fetched once per language.
    return f"{root_path()}{current_app.static_url_path}/{path}?v={_fingerprint(path)}"
