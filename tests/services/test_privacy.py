"""P1: everything is given out and nothing of others; afterwards nothing is left but what the law keeps."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import sqlalchemy as sa

from storefront.core.database import JOURNAL, write_engine
from storefront.core.models import ImportBatch, ImportChange
from storefront.core.plugins import collect
from storefront.customers.errors import LastOwner, NoSuchCustomer
from storefront.customers.models import Customer
from storefront.customers.service import (
    collect_personal_data,
    erase,
    find_subject,
    give_account,
    hash_password,
    write_archive,
)
from storefront.customers.service.privacy import SECRETS
from storefront.journal.models import JournalEvent
from tests import factories
from tests.services.canaries import Planter, everything

ANN, BOB = "ann@example.test", "bob@example.test"
HASH = hash_password("correct horse battery")


@pytest.mark.both
def test_the_archive_holds_all_of_the_person_and_nothing_of_another(planted):
    ann, _bob = planted
    packed = write_archive(collect_personal_data(find_subject("ANN@example.test")))
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        text = file.read("data.json").decode()
    assert json.loads(text)["email"] == ANN
    owed = {place: word for place, word in ann.words.items() if place[1] not in SECRETS.get(place[0], set())}
    assert len(owed) > 40
    assert [place for place, word in owed.items() if word not in text] == []
    assert "canary-bob" not in text and BOB not in text
    secrets = [word for place, word in ann.words.items() if place[1] in SECRETS.get(place[0], set())]
    assert secrets and not [word for word in secrets if word in text]


@pytest.mark.both
def test_after_erasing_nothing_is_left_but_what_is_listed(planted):
    ann, bob = planted
    before = {place: text for place, text in everything().items() if "canary-ann" in text or ANN in text}
    assert len(before) > 40
    done = erase(find_subject(ANN))
    kept = {(e.table, column) for e in ann.registry if e.on_erase == "keep" for column in e.columns}
    assert all(item.why for item in done if item.action == "keep")
    left = {place for place, text in everything().items() if "canary-ann" in text or ANN in text}
    foreign = {place for place in left if place[0] not in {entry.table for entry in ann.registry}}
    assert left - kept - foreign == set()
    assert foreign == set(ann_parents(ann, foreign)), "only goods that everybody shares"
    text = str(everything())
    missing = [place for place, word in bob.words.items() if word not in text]
    assert missing == [], "another person lost something"


def ann_parents(ann, foreign):
    """Rows that were made because something points at them: a product, a batch; not about a person."""
    from tests.house.test_schema import NOT_PERSONAL

    return {place for place in foreign if place[0] in NOT_PERSONAL}


@pytest.mark.both
def test_an_erased_customer_cannot_come_back_in(app_context, tx, rows):
    from storefront.customers.errors import WrongCredentials
    from storefront.customers.service import sign_in

    with tx() as t:
        give_account(t, email=ANN, password_hash=HASH, name="Ann")
    sign_in(ANN, "correct horse battery")
    erase(find_subject(ANN))
    with pytest.raises(WrongCredentials):
        sign_in(ANN, "correct horse battery")
    row = rows(sa.select(Customer.email, Customer.password_hash, Customer.disabled, Customer.role))[0]
    assert row == (None, None, True, "customer")


def test_the_address_is_free_again(app_context, tx):
    for _ in range(2):
        with tx() as t:
            give_account(t, email=ANN, password_hash=HASH, name="Ann")
        assert erase(find_subject(ANN))
    assert [item for item in erase(find_subject(ANN)) if item.action != "keep"] == []


def test_what_imports_remember_goes_too(app_context, tx, rows):
    with tx() as t:
        ann, bob = factories.customer(t, ANN), factories.customer(t, BOB)
        batch = ImportBatch(**_batch())
        t.add(batch)
        t.flush()
        for person in (ann, bob):
            change = ImportChange(batch_id=batch.id, object="customer", key=person.email, row_id=person.id)
            change.before = {"email": person.email}
            t.add(change)
    assert "import_change" in collect_personal_data(find_subject(ANN)).data["shop"]
    erase(find_subject(ANN))
    assert rows(sa.select(ImportChange.key)) == [(BOB,)]


def _batch():
    table = ImportBatch.__table__
    values = {}
    for column in table.c:
        if not column.nullable and not column.primary_key and column.default is None:
            kind = column.type.python_type if not hasattr(column.type, "impl") else None
            values[column.name] = {str: "x", int: 0, dict: {}, list: [], bool: False}.get(
                kind, factories.LONG_AGO
            )
    return values


def test_the_journal_forgets_first(app_context, tx, rows):
    with tx() as t:
        ann, bob = factories.customer(t, ANN).id, factories.customer(t, BOB).id
    with write_engine(JOURNAL).connect() as connection:
        for person in (ann, ann, bob):
            row = {
                "event_id": f"e{connection.execute(sa.text('select count(*) from journal_event')).scalar()}"
            }
            connection.execute(
                sa.insert(JournalEvent).values(
                    **row, name="search", at=factories.LONG_AGO, customer_id=person, query="tea"
                )
            )
    done = erase(find_subject(ANN))
    assert next(item.rows for item in done if item.store == "journal") == 2
    assert rows("SELECT count(*) FROM journal_event", bind=JOURNAL) == [(1,)]


def test_the_only_owner_stays(app_context, tx):
    with tx() as t:
        give_account(t, email=ANN, password_hash=HASH, name="Ann", role="owner")
    with pytest.raises(LastOwner):
        erase(find_subject(ANN))
    with tx() as t:
        give_account(t, email=BOB, password_hash=HASH, name="Bob", role="owner")
    assert erase(find_subject(ANN))


def test_what_is_no_address_is_nobody(app_context):
    with pytest.raises(NoSuchCustomer):
        find_subject("nobody")


@pytest.fixture
def planted(app_context):
    """Ann and Bob in every table that the registry names."""
    registry = [entry for entry in collect("register_personal_data")]
    people = Planter("ann", ANN, registry), Planter("bob", BOB, registry)
    for person in people:
        person.plant()
    return people
