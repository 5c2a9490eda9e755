"""The catalogue names every metric that runs keep, and nothing of it weighs on an import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from rag.evaluation.catalogue import METRICS, Metric

ROOT = Path(__file__).parent.parent.parent
NAMES = """correct answer_match judged exact_match token_f1 cited_gold citation_recall citation_precision span_exact
over_refusal false_answer abstention_balanced forbidden unsupported hits_at_4 hits_at_10 recall_at_10 mrr_at_10
ndcg_at_10 nuggets_vital nuggets_all rouge1 rouge2 rougeL redundancy compression seconds input_tokens output_tokens
cost_usd""".split()
LOWER = {"over_refusal", "false_answer", "forbidden", "unsupported", "redundancy"}
AMOUNTS = {"seconds": "seconds", "input_tokens": "tokens", "output_tokens": "tokens", "cost_usd": "dollars"}


def test_every_metric_is_there_under_its_name() -> None:
    assert list(METRICS) == NAMES
    assert [metric.name for metric in METRICS.values()] == NAMES


def test_which_way_is_better_and_in_what_unit() -> None:
    assert {name for name, metric in METRICS.items() if metric.better == "lower"} == LOWER | set(AMOUNTS)
    units = {name: metric.unit for name, metric in METRICS.items() if metric.unit != "share"}
    assert units == {**AMOUNTS, "compression": "ratio"}


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_what_it_says_fits_beside_its_name(metric: Metric) -> None:
    assert 0 < len(metric.what) <= 64
    assert metric.what.isprintable()
    assert metric.what == metric.what.strip()


def test_it_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        METRICS["correct"] = METRICS["forbidden"]  # type: ignore[index]


def test_importing_metrics_loads_nothing_heavy() -> None:
    modules = ["statistics", "catalogue", "judging"]
    modules += [f"metrics.{file.stem}" for file in (ROOT / "rag/evaluation/metrics").glob("[a-z]*.py")]
    assert len(modules) > 7
    code = "".join(f"import rag.evaluation.{module}\n" for module in modules) + "import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    heavy = {"numpy", "scipy", "sklearn", "nltk", "rouge_score", "langchain", "chromadb", "openai"}
    assert set(loaded.split()) & heavy == set()


def test_nothing_of_rag_rests_on_what_only_tests_install() -> None:
    found = set()
    for file in (ROOT / "rag").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    assert "numpy" in found
    assert found & {"nltk", "pytrec_eval", "rouge", "scipy", "sklearn"} == set()
