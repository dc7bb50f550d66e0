"""Staff for the tests of owners' pages: signed in through the form, as anybody is."""

from __future__ import annotations

from typing import Any

from storefront.customers.service import hash_password
from tests import factories as make

PASSWORD = "a long pass phrase"
HASH = hash_password(PASSWORD)
OWNER, PACKER, SUPPORT = "owner@example.test", "packer@example.test", "support@example.test"


def hire(tx: Any) -> None:
    """An owner, somebody who packs, somebody who answers customers."""
    for email, role in ((OWNER, "owner"), (PACKER, "warehouse"), (SUPPORT, "support")):
        make.customer(tx, email, role=role, password_hash=HASH)


def sign_in(webtest: Any, email: str = OWNER) -> Any:
    """This browser, signed in."""
    webtest.reset()
    form = next(f for f in webtest.get("/account/login").forms.values() if "password" in f.fields)
    form["email"], form["password"] = email, PASSWORD
    form.submit()
    return webtest


def form_to(page: Any, ending: str) -> Any:
    """The form of a page whose address ends so."""
    return next(form for form in page.forms.values() if form.action.endswith(ending))


def send(owner: Any, page: Any, path: str, **fields: Any) -> Any:
    """Press a button that stands in another form: the page's token with these fields."""
    token = next(f for f in page.forms.values() if "csrf_token" in f.fields)["csrf_token"].value
    return owner.post(path, {"csrf_token": token, **fields}, expect_errors=True)


def audited(rows: Any, action: str) -> list[Any]:
    """What the log of changes holds under this action."""
    return rows("SELECT subject_key, before, after FROM audit_entry WHERE action = :a", a=action)
