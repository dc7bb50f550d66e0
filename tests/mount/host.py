"""Somebody's app: with its own database, sign-in, languages, templates, errors, session and robots.txt.

`make_host(folder)` builds it; `make_host(folder, mounted=True)` builds it with the shop inside. As a program:
`python -m tests.mount.host SERVER FOLDER MOUNTED FD` serves it on an open socket.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flask import Flask, flash, jsonify, redirect, render_template, request, session, url_for
from flask_babel import Babel, gettext
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader

from tests import stores

TEMPLATES = {
    "base.html": "<!doctype html><title>Host</title>{% block body %}{% endblock %}<p>{{ note }}</p>",
    "home.html": "{% extends 'base.html' %}{% block body %}<h1>{{ _('Welcome') }}</h1>{% endblock %}",
    "lost.html": "{% extends 'base.html' %}{% block body %}<h1>Lost, says the host</h1>{% endblock %}",
    "links.html": "{{ storefront_url() }} {{ storefront_url(language='zh') }}",
}


def make_host(folder: Path, *, mounted: bool = False, **options: Any) -> Flask:
    """The host, with one user `ada@example.org` in its table `user`."""
    app = Flask("somebodys_site", root_path=str(folder), template_folder=None)
    app.config.update(
        SECRET_KEY="the host's own key", SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'host.db'}"
    )
    app.jinja_loader = DictLoader(TEMPLATES)
    database = SQLAlchemy(app)
    user = _user_model(database)
    login = LoginManager(app)
    login.user_loader(lambda key: database.session.get(user, int(key)))
    login.login_view = "sign_in"
    Babel(app, locale_selector=lambda: request.accept_languages.best_match(["en", "de"]))
    with app.app_context():
        database.create_all()
        if database.session.get(user, 1) is None:
            database.session.add(user(id=1, email="ada@example.org"))
            database.session.commit()
    _pages(app, database, user)
    if mounted:
        _mount(app, folder, **options)
    return app


def _mount(app: Flask, folder: Path, **options: Any) -> None:
    from storefront import Storefront

    config = stores.settings(folder / "shop", **options.pop("settings", {}))
    options.setdefault("identity", identity)
    Storefront().init_app(app, url_prefix="/shop", config=config, **options)


def identity(_environ: Any) -> str | None:
    return current_user.email if current_user.is_authenticated else None


def _user_model(database: SQLAlchemy) -> Any:
    class User(UserMixin, database.Model):
        __tablename__ = "user"
        id = database.Column(database.Integer, primary_key=True)
        email = database.Column(database.String)

    return User


def _pages(app: Flask, database: SQLAlchemy, user: Any) -> None:
    app.context_processor(lambda: {"note": "from the host"})

    @app.route("/")
    def home() -> Any:
        session["visits"] = session.get("visits", 0) + 1
        return render_template("home.html")

    @app.post("/no-token-needed")
    def post() -> Any:
        flash("thanks")
        return jsonify(said=request.form.get("said"), rows=database.session.query(user).count())

    @app.route("/sign-in")
    def sign_in() -> Any:
        login_user(database.session.get(user, 1))
        return redirect(url_for("members"))

    @app.route("/members")
    @login_required
    def members() -> Any:
        return f"hello {current_user.email}: {gettext('Welcome')}"

    @app.route("/robots.txt")
    def robots() -> Any:
        return app.response_class("User-agent: *\nDisallow: /members\n", mimetype="text/plain")

    @app.route("/shopping")
    def shopping() -> Any:
        return f"{request.script_root}|{request.path}"

    @app.route("/boom")
    def boom() -> Any:
        raise RuntimeError("the host's own bug")

    @app.route("/to-the-shop")
    def links() -> Any:
        return render_template("links.html")

    @app.errorhandler(404)
    def lost(_error: Any) -> Any:
        return render_template("lost.html"), 404

    @app.errorhandler(500)
    def broken(_error: Any) -> Any:
        return "broken, says the host", 500

    @app.after_request
    def stamp(response: Any) -> Any:
        response.headers["X-Host"] = "yes"
        return response


def main(server: str, folder: str, mounted: str, listener: str) -> None:
    """Serve on the socket that the parent opened."""
    app = make_host(Path(folder), mounted=mounted == "yes")
    if server == "waitress":
        import socket

        import waitress

        waitress.serve(app, sockets=[socket.socket(fileno=int(listener))], _quiet=True)
        return
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self) -> None:
            self.cfg.set("bind", [f"fd://{listener}"])
            self.cfg.set("control_socket_disable", True)
            self.cfg.set("loglevel", "error")

        def load(self) -> Flask:
            return app

    Server().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
