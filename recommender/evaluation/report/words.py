"""What tasks, metrics and methods are, in a sentence each."""

from __future__ import annotations

from recommender.evaluation.compare import Table

TASKS = {
    "next-basket": (
        "Next basket",
        "Which ten products will be in somebody's next order, bought before or not?",
    ),
    "new": ("New products", "Which products of the next order will somebody buy for the first time?"),
    "complements": ("Complements", "Asked with one product of an order: which ten others are in it?"),
    "session": ("Sessions", "After each product of a visit: which new one is looked at next?"),
    "cold": ("Cold customers", "What to show people of whom at most two orders are known?"),
}
METRICS = {
    "recall": "share of what was bought that the list holds",
    "ndcg": "the same, hits near the top counting more; 1 is the best possible list",
    "hr": "hit rate: share of the lists with at least one right product",
    "mrr": "mean of 1 / place of the first right product",
    "coverage": "share of the products that appear in anybody's list",
    "novelty": "how unusual the shown products are, in bits",
    "long_tail": "share of shown products outside the best-sellers that make up 80 % of sales",
    "price_calibration": "how well cheap and dear in the list match what the person buys; 1 is the same mix",
}
METHODS = {
    "popularity": "what most baskets hold, the same for everybody",
    "P-Top": "what the person bought most often",
    "GP-Top": "own favourites, filled with popularity (Li et al. 2023)",
    "ALS 32 log": "matrix factors (Hu et al. 2008, library implicit), 32 factors, logarithm of counts",
    "ALS 128 raw": "the same, 128 factors, plain counts, the library's own settings",
    "ALS 128 reg 10": "the same, regularized more",
    "cosine-ii": "item to item, cosine (library implicit)",
    "BM25-ii": "item to item, BM25 (library implicit)",
    "EASE": "linear autoencoder in closed form (Steck 2019)",
    "TIFU-KNN": "fading personal frequencies and nearest neighbours (Hu et al. 2020)",
    "UP-CF@r": "popularity among similar customers, newest orders (Faggioli et al. 2020)",
    "pair counts": "orders that hold both products",
    "VMIS-kNN": "nearest sessions (Kersbergen et al. 2022)",
}


def metric_name(key: str) -> str:
    """ndcg@10 -> NDCG@10, long_tail -> long tail."""
    name, at, places = key.partition("@")
    shown = {"ndcg": "NDCG", "hr": "hit rate", "mrr": "MRR"}.get(name, name.replace("_", " "))
    return f"{shown}{at}{places}"


def headline(table: Table) -> str:
    """What came out, in one sentence that does not claim more than the range allows."""
    ratio, rival, metric = table.ratio, table.best_rival, metric_name(table.metric)
    if ratio is None:
        return "The engine was not measured."
    span = f"{ratio.value:.2f} times ({ratio.low:.2f} to {ratio.high:.2f})"
    if ratio.low > 1:
        return f"The engine is ahead of the best reference, {rival}: {span} its {metric}."
    if ratio.high < 1:
        return f"The engine is behind the best reference, {rival}: {span} its {metric}."
    return f"The engine and the best reference, {rival}, cannot be told apart: {span} its {metric}."


def facts_line(table: Table) -> str:
    """Sizes and days in one line."""
    facts = dict(table.facts)
    days = f"{facts.pop('from')} to {facts.pop('until')}"
    parts = [f"window {days}", f"{table.people:,} people", f"{table.questions:,} questions"]
    for name, value in facts.items():
        told = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
        parts.append(f"{name.replace('_', ' ')} {told}")
    return " · ".join(parts)
