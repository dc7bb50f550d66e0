"""The same on PostgreSQL, where it could differ: it refuses NUL, large numbers and wrong types that SQLite takes."""

from __future__ import annotations

import pytest

from storefront.app import create_app
from storefront.core.database import dispose
from storefront.core.security import limiter, page_limiter
from tests import stores
from tests.security import answers, building
from tests.security.test_forms import (
    found,
    test_hostile_numbers_break_nothing,
    test_lists_for_single_values_break_nothing,
)
from tests.security.test_injection import (
    test_a_passkey_is_called_as_browsers_call_them,
    test_each_case_in_what_searches,
    test_in_every_cookie,
    test_in_every_field_of_every_form,
    test_in_every_part_of_a_path,
    test_in_every_query_parameter,
    test_in_one_field_while_the_others_are_right,
    test_sign_in_registration_and_forgotten_passwords_too,
)
from tests.security.test_strangers import test_ids_are_not_guessed, test_what_is_anothers_is_what_is_not_there

__all__ = [
    "found",
    "test_a_passkey_is_called_as_browsers_call_them",
    "test_each_case_in_what_searches",
    "test_hostile_numbers_break_nothing",
    "test_ids_are_not_guessed",
    "test_in_every_cookie",
    "test_in_every_field_of_every_form",
    "test_in_every_part_of_a_path",
    "test_in_every_query_parameter",
    "test_in_one_field_while_the_others_are_right",
    "test_lists_for_single_values_break_nothing",
    "test_sign_in_registration_and_forgotten_passwords_too",
    "test_what_is_anothers_is_what_is_not_there",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory, postgres, unlimited, worker_id):
    """The town, on PostgreSQL."""
    folder = tmp_path_factory.mktemp("town-on-postgresql")
    app = create_app(stores.settings(folder, database_url=postgres.database(f"town_{worker_id}")))
    postgres.users.append(app)
    answers.seen_nonces.clear()
    limiter.enabled = page_limiter.enabled = False
    yield building.build(app)
    dispose(app)
