"""The references are what the engine is measured against: small cases, recomputed by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import sparse

from recommender import Interactions
from recommender.evaluation.purchases import Purchases
from recommender.evaluation.references.counting import PersonalThenPopular, PersonalTop, Popularity
from recommender.evaluation.references.linear import Als, ItemItem, ease_weights
from recommender.evaluation.references.pair_counts import MostSold, PairCounts
from recommender.evaluation.references.registry import ALL, RIVALS, usable
from recommender.evaluation.references.tifu_knn import TifuKnn, tifu_vectors
from recommender.evaluation.references.up_cf import UpCf, recent_shares
from recommender.evaluation.references.vmis_knn import VmisKnn
from recommender.evaluation.visits import visits_of
from recommender.training.baskets import net_baskets
from tests.recommender.shops import Log


def purchases(baskets: dict[str, list[str]]) -> Purchases:
    """Customer -> baskets as words of one-letter products, oldest first."""
    log_ = Log()
    for customer, given in baskets.items():
        for day, basket in enumerate(given):
            log_.order(customer, list(basket), day)
    data = Interactions.read(log_.columns)
    return Purchases.of(net_baskets(data), np.arange(len(data.customers)), np.arange(len(data.products)))


@pytest.fixture
def three() -> Purchases:
    """Ann: ab, a, ac. Bob: b, bc. Cid: c."""
    return purchases({"ann": ["ab", "a", "ac"], "bob": ["b", "bc"], "cid": ["c"]})


EVERYONE = np.arange(3)


def test_popularity_counts_baskets(three):
    made = Popularity()
    made.fit(three)
    assert made.scores(EVERYONE).tolist() == [[3, 3, 3]] * 3


def test_p_top_counts_own_baskets(three):
    made = PersonalTop()
    made.fit(three)
    assert made.scores(EVERYONE).tolist() == [[3, 1, 1], [0, 2, 1], [0, 0, 1]]


def test_gp_top_puts_popularity_behind_the_least_of_own_purchases(three):
    made = PersonalThenPopular()
    made.fit(three)
    assert made.scores(EVERYONE)[1].tolist() == [0.75, 2.75, 1.75]
    assert np.argsort(-made.scores(EVERYONE)[2]).tolist() == [2, 0, 1]


def test_tifu_vectors_fade_within_and_across_groups():
    # five baskets in two groups: the newest group holds three (d, c, b by age 0 to 2), the older one two
    made = tifu_vectors(purchases({"ann": ["e", "a", "b", "c", "d"]}), 2, 0.9, 0.5).toarray()[0]
    newest, older = 1 / 2, 0.5 / 2
    by_product = {
        "d": newest / 3,
        "c": newest * 0.9 / 3,
        "b": newest * 0.81 / 3,
        "a": older / 2,
        "e": older * 0.9 / 2,
    }
    assert made == pytest.approx([by_product[name] for name in "abcde"])


def test_tifu_gives_each_basket_a_group_when_there_are_fewer_baskets_than_groups():
    made = tifu_vectors(purchases({"ann": ["a", "b"]}), 7, 0.9, 0.8).toarray()[0]
    assert made == pytest.approx([0.8 / 2, 1 / 2])


def test_tifu_mixes_own_vector_with_the_mean_of_the_nearest(three):
    made = TifuKnn(groups=7, within=1.0, across=1.0, nearest=1, own_share=0.7)
    made.fit(three)
    # vectors are shares of baskets: ann (1, 1/3, 1/3), bob (0, 1, 1/2), cid (0, 0, 1); bob is nearest to cid
    assert made.scores(np.array([2]))[0] == pytest.approx([0, 0.3 * 1, 0.7 * 1 + 0.3 * 0.5])


def test_tifu_of_a_single_customer_has_no_neighbours():
    made = TifuKnn()
    made.fit(purchases({"ann": ["a"]}))
    assert made.scores(np.array([0]))[0] == pytest.approx([0.7])


def test_up_cf_counts_only_the_newest_baskets(three):
    assert recent_shares(three, 1).toarray().tolist() == [[1, 0, 1], [0, 1, 1], [0, 0, 1]]
    assert recent_shares(three, 25).toarray()[0] == pytest.approx([1, 1 / 3, 1 / 3])


def test_up_cf_spreads_shares_by_asymmetric_cosine(three):
    made = UpCf(recency=25, asymmetry=0.25, locality=2)
    made.fit(three)
    # cid bought 1 product, ann 3, bob 2; one in common with each
    ann, bob = (1 / (1**0.25 * 3**0.75)) ** 2, (1 / (1**0.25 * 2**0.75)) ** 2
    expected = [ann, ann / 3 + bob, ann / 3 + bob / 2 + 1]
    assert made.scores(np.array([2]))[0] == pytest.approx(expected)


def test_ease_solves_its_closed_form():
    bought = sparse.csr_matrix(np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], np.float32))
    weights = ease_weights(bought, 2.0)
    gram = bought.toarray().T @ bought.toarray()
    for product in range(3):
        # ridge regression of a column on the others is what the closed form says
        others = [other for other in range(3) if other != product]
        left = gram[np.ix_(others, others)] + 2.0 * np.eye(2)
        assert weights[others, product] == pytest.approx(
            np.linalg.solve(left, gram[others, product]), rel=1e-4
        )
    assert np.diag(weights).tolist() == [0, 0, 0]


def test_cosine_is_that_of_columns_of_counts(three):
    made = ItemItem(nearest=3, threads=1)
    made.fit(three)
    a, b, c = np.array([3, 0, 0]), np.array([1, 2, 0]), np.array([1, 1, 1])

    def cosine(one, other):
        return one @ other / np.sqrt(one @ one * (other @ other))

    expected = 2 * np.array([cosine(b, a), 1, cosine(b, c)]) + np.array([cosine(c, a), cosine(c, b), 1])
    assert made.scores(np.array([1]))[0] == pytest.approx(expected)


def test_als_separates_two_tastes():
    even = {f"e{i}": ["ace", "ac", "ce"] for i in range(8)}
    odd = {f"o{i}": ["bdf", "bd", "df"] for i in range(8)}
    made = Als(factors=2, regularization=0.1, threads=1)
    before = purchases({**even, **odd, "z": ["a", "a", "a"]})
    made.fit(before)
    scores = made.scores(np.array([len(before.users) - 1]))[0]
    assert {int(place) for place in np.argsort(-scores)[:3]} == {0, 2, 4}


def test_pair_counts_order_partners_by_shared_baskets():
    baskets = sparse.csr_matrix(
        np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 1], [1, 1, 1, 0]], np.float32)
    )
    made = PairCounts(least=2)
    made.fit(baskets)
    assert made.list_for(0, 10).tolist() == [1, 2]  # both share three, the product code decides
    assert made.list_for(2, 10).tolist() == [0, 1]
    assert made.list_for(3, 10).tolist() == []
    most = MostSold()
    most.fit(baskets)
    assert most.list_for(0, 2).tolist() == [1, 2]


def visits(rows: list[tuple[str, str, float]]):
    """(session, products as letters, day)"""
    log_ = Log()
    for session, products, day in rows:
        for step, product in enumerate(products):
            log_.add("", product, "view", day + step / 86_400, session=session)
    return visits_of(Interactions.read(log_.columns))


def test_vmis_knn_by_hand():
    made = VmisKnn(sample=500, nearest=2)
    made.fit(visits([("s1", "abc", 0), ("s2", "bd", 1), ("s3", "acd", 2), ("s4", "ce", 3)]), 5)
    # visit a, b: s1 shares both (1/2 + 2/2), s2 shares b (1), s3 shares a (1/2); the two most alike count
    # newest match of both is b, one step back from the end: 1 - 0.1
    n = 4
    scores = {"c": 0.9 * 1.5 * log(n / 3), "d": 0.9 * 1.0 * log(n / 2)}
    assert (
        made.list_for(np.array([0, 1]), 5).tolist()
        == ["abcde".index(p) for p in sorted(scores, key=scores.get)][::-1]
    )
    assert scores["d"] > scores["c"]


def test_vmis_knn_looks_only_at_the_newest_sessions_that_share_anything():
    rows = [("s1", "ab", 0), ("s2", "ac", 1), ("s3", "ad", 2), ("s4", "ef", 3)]
    made = VmisKnn(sample=2, nearest=100)
    made.fit(visits(rows), 6)
    assert sorted(made.list_for(np.array([0]), 5).tolist()) == [2, 3]  # s1 is too old


def test_vmis_knn_knows_nothing_of_what_nobody_saw():
    made = VmisKnn()
    made.fit(visits([("s1", "ab", 0), ("s2", "ac", 1)]), 4)
    assert made.list_for(np.array([3]), 5).tolist() == []


@pytest.mark.parametrize("name", [name for name in ALL if name != "EASE"])
def test_every_reference_scores_every_product_of_every_asked_user(name):
    made = ALL[name]()
    before = purchases({f"c{i}": ["abc", "bcd", "ab"] for i in range(6)} | {"z": ["e", "e", "ae"]})
    made.fit(before)
    scores = made.scores(np.array([0, 6]))
    assert scores.shape == (2, 5) and np.isfinite(scores).all()
    assert made.name == name


def test_rivals_of_the_goals_exist_and_ease_is_left_out_where_it_does_not_fit():
    named = {name for task in ("next-basket", "new") for name in RIVALS[task]}
    assert named <= set(ALL)
    assert "EASE" in usable(tuple(ALL), 14_999) and "EASE" not in usable(tuple(ALL), 15_001)
    assert "EASE" not in usable(tuple(ALL), 10, quick=True)
