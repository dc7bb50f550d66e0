"""Hostile texts by class. Each goes into every place that takes a text; what must not happen is the same for all."""

from __future__ import annotations

from tests.security.amount import EVERYTHING

# Of two numbers whose product stands in no token or price by chance.
SUM, TEMPLATE_RESULT = "30011*30013", "900720143"
CANARY_HEADER = "X-Planted"

CORPUS: dict[str, tuple[str, ...]] = {
    "sql": (
        "'", "' OR '1'='1", "'; DROP TABLE customer; --", '" OR ""="', "1) OR 1=1--", "' UNION SELECT sql FROM sqlite_master--",
        "1; SELECT pg_sleep(9)--", "\\' OR 1=1 --", "id DESC, (SELECT 1)", "admin'/*", "' || (SELECT version()) || '",
    ),
    "like": ("%", "_", "%%%%%%%%%%%%%%%%%%%%", "\\", "\\%", "[a-z]", "%' ESCAPE '"),
    "fts": (
        '"', '""', "AND", "OR NOT", "NEAR(a b)", "a*", "*", "col:val", "^a", "a AND (b OR", "{title}: x", "-a", "a + b",
        "NEAR/99999(a", "(((((((((((", "' MATCH '", "a:b:c", "title : lamp", "!a & | b", "a <-> b", ":*",
    ),
    "json path": ("$.a", "$['x']", "$[0]", "$..*", "{}", "[]", '{"a":1}', "@>", "->>"),
    "template": (
        f"{{{{{SUM}}}}}", f"${{{SUM}}}", f"#{{{SUM}}}", f"<%= {SUM} %>", f"{{%print({SUM})%}}", "{{config}}", "%(name)s", "%s%s%n",
        "{0.__class__.__mro__}", "{{''.__class__}}", "{#", "{% raw %}", f"${SUM}$",
    ),
    "header": (
        f"x\r\n{CANARY_HEADER}: 1", f"x\n{CANARY_HEADER}: 1", "x\r\n\r\n<html>", f"x%0d%0a{CANARY_HEADER}: 1",
        f"x\u560a\u560d{CANARY_HEADER}: 1", "x\x0b", "\x85x",
    ),
    "mail": (
        "a@b.test\r\nBcc: victim@evil.test", "a@b.test,victim@evil.test", "a@b.test\nTo: victim@evil.test",
        '"a\r\nBcc: victim@evil.test"@b.test', "a@b.test;victim@evil.test", "<victim@evil.test>", "a@b.test%0aBcc:x",
    ),
    "log": ('x\n{"event": "forged", "level": "error"}', "x\r[forged]", "\x1b[31mred", "x\u2028forged"),
    "nul": ("\x00", "a\x00b", "%00", "\x01\x02\x7f", "a\x08\x08b"),
    "unicode": (
        "\ud800", "\udfff\ud800", "\ufeffx", "\u202egpj.exe", "Z̡̢̧̨̛" * 30, "İıſK", "ﬀﬁ" * 20, "\U000e0041", "💩" * 200,
        "e\u0301" * 50, "\uffff", "\u0000\u200b",
    ),
    "path": (
        "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "\\\\server\\share", "file:///etc/passwd",
        "....//....//", "%2e%2e/", "CON", "a/" * 200, "~root", "//evil.test/", "/\\evil.test", "https://evil.test",
    ),
    "markup": (
        '"><script>alert(1)</script>', "<img src=x onerror=alert(1)>", "javascript:alert(1)", "</title><svg onload=alert(1)>",
        "' autofocus onfocus='alert(1)", "]]><script>", "&lt;script&gt;", "<!--", "{{constructor.constructor('x')()}}",
    ),
    "number": ("2147483648", "999999999999", "9223372036854775808", "1e400", "-1", "NaN", "١٢", "9" * 2900, "0x10", "1_0"),
    "size": ("x" * 3000, "a " * 1000, "<" * 2000, "9" * 3000),
}  # fmt: skip
# Marks that no page may show unescaped, and no mail may be sent to.
MARKUP = (b"<script>alert(1)", b"<img src=x", b"<svg onload")
VICTIM = "victim@evil.test"


def cases() -> list[tuple[str, str]]:
    """(class, text) of every case."""
    return [(name, text) for name, texts in CORPUS.items() for text in texts]


def of_each(turn: int) -> list[tuple[str, str]]:
    """One case of each class, another one each turn."""
    return [(name, texts[turn % len(texts)]) for name, texts in CORPUS.items()]


def some(turn: int, step: int) -> list[tuple[str, str]]:
    """For one place: a case of every `step`-th class, others each turn; or the whole corpus."""
    return cases() if EVERYTHING else of_each(turn)[turn % step :: step]


def raw(text: str) -> bytes:
    """The text as a hostile program sends it: lone surrogates and all."""
    return text.encode("utf-8", "surrogatepass")
