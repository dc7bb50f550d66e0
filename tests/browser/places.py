"""The addresses that browser tests visit."""

from __future__ import annotations

# name -> path: each kind of page in each of its states.
FILLED = {
    "home": "/",
    "category": "/c/books-shelf",
    "category, page 2": "/c/books-shelf?page=2",
    "category with states": "/c/tech-shelf",
    "inner category": "/c/inner",
    "empty category": "/c/nothing-yet",
    "nothing fits": "/c/books-shelf?price_min=900000",
    "search": "/search?q=thing",
    "search without words": "/search",
    "search without results": "/search?q=qqqqzzzz",
    "product": "/p/row-3",
    "product with one picture": "/p/one-picture",
    "product with pictures": "/p/many-pictures",
    "product with choices": "/p/choices",
    "long name": "/p/long-name",
    "not translated": "/p/english-only",
    "sold out": "/p/gone",
    "low stock": "/p/nearly-gone",
    "on sale": "/p/reduced",
    "age limit": "/p/grown-ups",
    "content page": "/pages/delivery",
    "sign-in": "/account/login",
    "register": "/account/register",
    "forgotten password": "/account/forgot",
    "consent": "/consent",
    "not found": "/nowhere",
}
EMPTY = {
    "home": "/",
    "search": "/search?q=thing",
    "sign-in": "/account/login",
    "not found": "/nowhere",
}
LANGUAGES = ("", "/zh")
