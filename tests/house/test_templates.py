"""Templates: every word through gettext, nothing that the page's policy would block."""

from __future__ import annotations

import pytest

from tests.house.source import ROOT, broken, sources, tracked
from tests.house.templates import inline_parts, untranslated

PAGES = [
    name for name in tracked() if name.startswith("templates/") and name.endswith((".html", ".txt", ".xml"))
]


def test_every_word_of_a_template_is_translatable():
    found = (f"{name}: {text!r}" for name in PAGES for text in untranslated((ROOT / name).read_text()))
    broken(found, untranslated.__doc__)


def test_templates_hold_no_inline_style_or_script():
    # Mail readers know no style sheets: there, and only there, styles stand in the text.
    pages = (name for name in PAGES if not name.startswith("templates/emails/"))
    found = (f"{name}: {part}" for name in pages for part in inline_parts((ROOT / name).read_text()))
    broken(found, inline_parts.__doc__)


def test_markup_made_in_python_holds_none_either():
    found = (f"{s.path}: {part}" for s in sources("storefront") for part in inline_parts(s.text))
    broken((line for line in found if "javascript:" not in line), inline_parts.__doc__)


@pytest.mark.parametrize(
    "text",
    [
        "<p>Sold out</p>",
        '<img alt="A red ball">',
        "<p>{{ _('Only') }} left</p>",
        '<input type="submit" value="Send">',
        "{{ 'In stock' if x else _('Out') }}",
        "{{ block.label or 'Read on' }}",
        '<meta name="description" content="A shop">',
    ],
)
def test_an_untranslated_word_is_caught(text):
    assert untranslated(text)


@pytest.mark.parametrize(
    "text",
    [
        "<p>{{ _('Sold out') }}</p>",
        "{% trans name=x %}Hello {{ name }}{% endtrans %}",
        '<p class="card {{ \'wide\' if x }}" data-page="home">{{ title }}</p>',
        '<script type="application/ld+json">{"name": "x"}</script>',
        "{# A remark #}",
    ],
)
def test_translated_words_and_codes_pass(text):
    assert not untranslated(text)


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color: red">',
        "<style>p {}</style>",
        '<a onclick="go()">',
        "<script>go()</script>",
        '<a href="javascript:go()">',
    ],
)
def test_an_inline_part_is_caught(text):
    assert inline_parts(text)
