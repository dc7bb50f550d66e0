"""S5: guessing at passwords from many processes and addresses, and what the time of an answer tells."""

from __future__ import annotations

import random
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from scipy.stats import mannwhitneyu

from storefront.core.database import db, transaction
from storefront.core.security import limiter
from storefront.customers.service import give_account, hash_password
from storefront.customers.views.devices import COOKIE as DEVICE
from tests.chaos.crew import Crew
from tests.chaos.drills import Progress, Result, quiet
from tests.conftest import Browser

PASSWORD = "correct horse battery"
OWN = "http://127.0.0.1:5000"
CHECKED, SIGNED_IN, WAIT = 422, 302, 429
PER_ACCOUNT, PER_ADDRESS = 10, 100
GUESSERS, PART = 4, 200
# Known and unknown must not differ by more: medians by this part, their ranks by less than chance.
APART, CHANCE = 0.10, 0.01
Ready = Callable[[], None]


# --- what each of the many does (named "guessing:..." for `Crew.act`) ------------------------------------------


@dataclass
class Thief:
    """A browser whose network address can be chosen, and whose made-up ones are sent along."""

    token: str = ""

    def __post_init__(self) -> None:
        self.client = Browser(current_app._get_current_object())  # type: ignore[attr-defined]
        self.renew()

    def renew(self) -> None:
        page = self.client.get("/account/login", base_url=OWN).get_data(as_text=True)
        self.token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    def send(self, path: str, address: str, **form: str) -> int:
        """The status of the answer to a form."""
        made_up = f"198.51.100.{secrets.randbelow(250)}"
        answer = self.client.post(
            path,
            data={"csrf_token": self.token, **form},
            base_url=OWN,
            environ_base={"REMOTE_ADDR": address},
            headers={"X-Forwarded-For": made_up, "X-Real-IP": made_up, "Forwarded": f"for={made_up}"},
        )
        return answer.status_code

    def guess(self, email: str, password: str, address: str) -> int:
        return self.send("/account/login", address, email=email, password=password)


def guess(wanted: Sequence[tuple[str, str]], ready: Ready) -> Counter[tuple[str, int]]:
    """(account, status) of each (account, address) that is tried with a wrong password."""
    thief = Thief()
    db.session.remove()
    ready()
    found: Counter[tuple[str, int]] = Counter()
    for number, (email, address) in enumerate(wanted):
        found[email, thief.guess(email, f"guess number {number}", address)] += 1
    return found


def unguarded_guess(wanted: Sequence[tuple[str, str]], ready: Ready) -> Counter[tuple[str, int]]:
    """The same in a shop that counts nothing."""
    limiter.enabled = False
    try:
        return guess(wanted, ready)
    finally:
        limiter.enabled = True


def owner_meanwhile(wanted: tuple[str, str, int, str], ready: Ready) -> tuple[Counter[int], str]:
    """The owner of the account, in and out while others guess, in a browser where they signed in before (its
    cookie is given, or made first). The statuses, and the cookie."""
    email, address, times, cookie = wanted
    own, found = Thief(), Counter[int]()
    if cookie:
        own.client.set_cookie(DEVICE, cookie, domain="127.0.0.1")
    else:
        found[own.guess(email, PASSWORD, address)] += 1
    db.session.remove()
    ready()
    for _ in range(times):
        own.renew()
        own.send("/account/logout", address)
        own.renew()
        found[own.guess(email, PASSWORD, address)] += 1
    kept = own.client.get_cookie(DEVICE, domain="127.0.0.1")
    return found, kept.value if kept else ""


# --- drills ------------------------------------------------------------------------------------------------


def _accounts(count: int) -> list[str]:
    """New accounts, all with the same password."""
    hashed, turn = hash_password(PASSWORD), secrets.token_hex(3)
    emails = [f"victim{number}-{turn}@example.test" for number in range(count)]
    with transaction() as tx:
        for email in emails:
            give_account(tx, email=email, password_hash=hashed, name="Vic Tim")
    return emails


def _shares(tries: Sequence[tuple[str, str]]) -> list[Sequence[tuple[str, str]]]:
    return [tries[place::GUESSERS] for place in range(GUESSERS)]


def _guessed(
    crew: Crew, tries: Sequence[tuple[str, str]], tell: Callable[[int, int], None]
) -> tuple[Counter[tuple[str, int]], list[str]]:
    """What became of all these tries, and what went wrong; in parts, so that none of the four is waited for long."""
    found: Counter[tuple[str, int]] = Counter()
    wrong: list[str] = []
    for begin in range(0, len(tries), PART):
        more, errors = _sum(crew.act("guessing:guess", _shares(tries[begin : begin + PART])))
        found, wrong = found + more, wrong + errors
        tell(min(begin + PART, len(tries)), len(tries))
    db.session.remove()
    return found, wrong + _strange(found)


def _let_through(found: Counter[tuple[str, int]]) -> Counter[str]:
    """How often the password of each account was compared."""
    return Counter(
        {email: times for (email, status), times in found.items() if status in (CHECKED, SIGNED_IN)}
    )


def _strange(found: Counter[tuple[str, int]]) -> list[str]:
    seen = {status for (_email, status), _times in found.items()} - {CHECKED, WAIT}
    return [f"status {status}" for status in sorted(seen)]


def _sum(done: Sequence[Any]) -> tuple[Counter[tuple[str, int]], list[str]]:
    found: Counter[tuple[str, int]] = Counter()
    for one in done:
        found += one.answer or Counter()
    return found, sorted({one.error for one in done if one.error})


def one_account(app: Flask, crew: Crew, *, tries: int, progress: Progress = quiet) -> Result:
    """So many tries at one account from 250 addresses and four processes, while its owner comes and goes."""
    result = Result(f"S5 {tries} tries at one account")
    found: Counter[tuple[str, int]] = Counter()
    owner: Counter[int] = Counter()
    wrong: list[str] = []
    cookie = ""
    with app.app_context():
        [victim] = _accounts(1)
        everything = [(victim, f"203.0.113.{at % 250}") for at in range(tries)]
        for begin in range(0, tries, PART):
            wanted = [("guess", share) for share in _shares(everything[begin : begin + PART])]
            done = crew.act(
                "guessing:either", [*wanted, ("owner_meanwhile", (victim, "192.0.2.7", 4, cookie))]
            )
            more, errors = _sum(done[:-1])
            theirs, cookie = done[-1].answer or (Counter(), "")
            found, owner, wrong = found + more, owner + theirs, wrong + errors
            wrong += [done[-1].error] if done[-1].error else []
            progress(result.name, min(begin + PART, tries), tries)
        db.session.remove()
    checked = _let_through(found)[victim]
    wrong += _strange(found) + [f"the owner saw {status}" for status in owner if status != SIGNED_IN]
    wrong += [] if checked == PER_ACCOUNT else [f"{checked} of {tries} guesses were let through"]
    result.note(wrong)
    result.acts = found.total()
    result.notes |= {"let through": checked, "owner signed in": owner[SIGNED_IN]}
    return result


def unguarded(app: Flask, crew: Crew, *, tries: int, rounds: int, progress: Progress = quiet) -> Result:
    """The control: without counts every guess is let through."""
    result = Result(f"S5 {tries} tries at one account, unguarded")
    for number in range(rounds):
        with app.app_context():
            [victim] = _accounts(1)
            shares = _shares([(victim, f"203.0.113.{at % 250}") for at in range(tries)])
            found, errors = _sum(crew.act("guessing:unguarded_guess", shares, "control"))
            db.session.remove()
        checked = _let_through(found)[victim]
        result.note(errors or ([f"{checked} were let through"] if checked > PER_ACCOUNT else []))
        result.acts += found.total()
        progress(result.name, number + 1, rounds)
    return result


def either(wanted: tuple[str, Any], ready: Ready) -> Any:
    """One of the acts of this file by its name."""
    return {"guess": guess, "owner_meanwhile": owner_meanwhile}[wanted[0]](wanted[1], ready)


def one_address(app: Flask, crew: Crew, *, tries: int, accounts: int, progress: Progress = quiet) -> Result:
    """So many tries from one address at many accounts, with made-up addresses in every header."""
    result = Result(f"S5 {tries} tries from one address")
    with app.app_context():
        victims = _accounts(accounts)
        wanted = [(victims[at % accounts], "203.0.114.5") for at in range(tries)]
        found, wrong = _guessed(crew, wanted, lambda done, of: progress(result.name, done, of))
    checked = _let_through(found).total()
    wrong += [] if checked == PER_ADDRESS else [f"{checked} guesses were let through"]
    result.note(wrong)
    result.acts, result.notes["let through"] = found.total(), checked
    return result


def stuffing(
    app: Flask,
    crew: Crew,
    *,
    accounts: int,
    passwords: int = 12,
    addresses: int = 5,
    progress: Progress = quiet,
) -> Result:
    """A list of stolen passwords, so many for each of many accounts, from four times so many addresses at once."""
    result = Result(f"S5 stuffing {accounts} accounts")
    with app.app_context():
        victims = _accounts(accounts)
        tries = [
            (email, f"203.0.{115 + turn % 4}.{(at + turn) % addresses}")
            for turn in range(passwords)
            for at, email in enumerate(victims)
        ]
        random.Random(accounts).shuffle(tries)
        found, wrong = _guessed(crew, tries, lambda done, of: progress(result.name, done, of))
    checked = _let_through(found)
    most = max(checked.values(), default=0)
    wrong += [] if most <= PER_ACCOUNT else [f"{most} guesses at one account were let through"]
    allowed = PER_ADDRESS * len({address for _email, address in tries})
    wrong += (
        [] if checked.total() <= allowed else [f"{checked.total()} of at most {allowed} were let through"]
    )
    result.note(wrong)
    result.acts, result.notes["let through"] = found.total(), checked.total()
    return result


# --- what the clock tells ---------------------------------------------------------------------------------

FORMS = {
    "/account/login": {"password": "a wrong password"},
    "/account/register": {"password": "three green kettles", "name": "X"},
    "/account/forgot": {},
}


def timing(app: Flask, *, path: str, samples: int, again: bool = True, progress: Progress = quiet) -> Result:
    """So many answers each for addresses that are known and not, in random order; milliseconds in the notes.

    Chance alone makes one comparison in a hundred differ: what differs once is measured once more.
    """
    result = Result(f"S5 time of {path}")
    with app.app_context():
        known = _accounts(samples)
    turn = secrets.token_hex(3)
    unknown = [email.replace("victim", f"nobody-{turn}") for email in known]
    order = [(email, True) for email in known] + [(email, False) for email in unknown]
    random.shuffle(order)
    taken: dict[bool, list[float]] = {True: [], False: []}
    with app.app_context():
        thief = Thief()
    for number, (email, is_known) in enumerate(order):
        taken[is_known].append(_seconds(thief, path, email, number) * 1000)
        progress(result.name, number + 1, len(order))
    medians = statistics.median(taken[True]), statistics.median(taken[False])
    p = float(mannwhitneyu(taken[True], taken[False]).pvalue)
    apart = abs(medians[0] - medians[1]) / max(medians)
    words = f"known {medians[0]:.2f} ms, unknown {medians[1]:.2f} ms, {apart:.1%} apart, p = {p:.3f}"
    wrong = [words] if apart > APART or p <= CHANCE else []
    if wrong and again:
        second = timing(app, path=path, samples=samples, again=False, progress=progress)
        second.notes["first"] = words
        return second
    result.note(wrong)
    result.acts, result.notes["medians"] = len(order), words
    return result


def _seconds(thief: Thief, path: str, email: str, number: int) -> float:
    """How long one answer takes; from another address each time, which no limit knows."""
    address = f"10.{number // 250 % 250}.{number % 250}.{secrets.randbelow(250)}"
    began = time.perf_counter()
    status = thief.send(path, address, email=email, **FORMS[path])
    took = time.perf_counter() - began
    assert status in {CHECKED, SIGNED_IN, 303}, f"{path}: {status}"
    return took
