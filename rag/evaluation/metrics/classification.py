"""Yes or no against what is right: how good a classifier is, whichever of the two is more frequent.

In all of them `gold` and `said` go item by item and are equally long, and values are between 0 and 1, higher is better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag.errors import UserError

_KINDS = (True, False)


def balanced_accuracy(gold: Sequence[bool], said: Sequence[bool]) -> float:
    """The mean over the classes of how many of each are recognised (Brodersen et al. 2010): 0.5 by guessing.

    A class that does not occur in `gold` does not count. Raises `UserError` for no items.
    """
    cells = _cells(gold, said)
    return _mean([cells[kind, kind] / _occurring(cells, kind) for kind in _KINDS if _occurring(cells, kind)])


def macro_f1(gold: Sequence[bool], said: Sequence[bool]) -> float:
    """The unweighted mean of the F1 of each class (Opitz and Burst 2019).

    A class that occurs neither in `gold` nor in `said` does not count. Raises `UserError` for no items.
    """
    cells = _cells(gold, said)
    return _mean([_scores(cells, kind)[2] for kind in _KINDS if _occurring(cells, kind) or _claimed(cells, kind)])


def precision_recall_f1(gold: Sequence[bool], said: Sequence[bool]) -> tuple[float, float, float]:
    """Precision, recall and F1 of the positive class (van Rijsbergen 1979); each is 0 where it is 0 by 0."""
    return _scores(_cells(gold, said), True)


def _cells(gold: Sequence[bool], said: Sequence[bool]) -> Counter[tuple[bool, bool]]:
    """How often each pair of what is right and what is said occurs."""
    return Counter(zip(gold, said, strict=True))


def _occurring(cells: Counter[tuple[bool, bool]], kind: bool) -> int:
    return cells[kind, True] + cells[kind, False]


def _claimed(cells: Counter[tuple[bool, bool]], kind: bool) -> int:
    return cells[True, kind] + cells[False, kind]


def _scores(cells: Counter[tuple[bool, bool]], kind: bool) -> tuple[float, float, float]:
    right, occurring, claimed = cells[kind, kind], _occurring(cells, kind), _claimed(cells, kind)
    return _share(right, claimed), _share(right, occurring), _share(2 * right, claimed + occurring)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    if not values:
        raise UserError("there are no items to measure: give at least one")
    return sum(values) / len(values)
