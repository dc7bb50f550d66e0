"""Every text of code and templates has its Chinese, and the compiled files are those of the sources."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Message
from flask_babel import force_locale, get_locale, gettext

from tests.house.source import broken
from tests.house.translations import (
    LANGUAGES,
    POT,
    as_mo,
    as_po,
    extracted,
    po_path,
    read,
    updated,
    wrongly_translated,
)

AGAIN = "run `make translations`"


def test_the_template_lists_every_text_of_the_code():
    listed = {message.id for message in read(POT) if message.id}
    spoken = {message.id for message in extracted() if message.id}
    broken([f"new: {text!r}" for text in spoken - listed] + [f"gone: {t!r}" for t in listed - spoken], AGAIN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    found = ((m.id, wrongly_translated(m)) for m in read(po_path(language), language) if m.id)
    broken((f"{text!r}: {why}" for text, why in found if why), f"every text has its {language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_that_of_the_template(language):
    assert po_path(language).read_bytes() == as_po(updated(language, read(POT))), AGAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_up_to_date(language):
    path = po_path(language)
    assert path.with_suffix(".mo").read_bytes() == as_mo(read(path, language)), AGAIN


def test_the_shop_finds_its_chinese(app):
    first = next(m for m in read(po_path("zh"), "zh") if m.id and isinstance(m.id, str) and "%" not in m.id)
    with app.test_request_context("/"), force_locale("zh_Hans_CN"):
        assert str(get_locale()) == "zh_Hans_CN"
        assert gettext(first.id) == first.string != first.id


def test_a_new_text_is_seen(tmp_path):
    (tmp_path / "storefront").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "storefront/a.py").write_text("_('A planted text'); ngettext('one', '%(num)d', 2)")
    (tmp_path / "templates/a.html").write_text(
        "<p>{{ _('Another one') }}{% trans %}In a block{% endtrans %}</p>"
    )
    found = extracted(tmp_path, ("storefront/a.py", "templates/a.html"))
    assert {m.id for m in found if m.id} == {
        "A planted text",
        ("one", "%(num)d"),
        "Another one",
        "In a block",
    }


@pytest.mark.parametrize(
    ("english", "chinese"),
    [("Sold out", ""), ("Only %(n)s left", "只剩几件"), ("Your cart", "你的购物车"), ("Hello", "您好！")],
)
def test_a_wrong_translation_is_caught(english, chinese):
    assert wrongly_translated(Message(english, chinese))
