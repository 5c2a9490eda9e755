"""What stands under the help of the command line."""

GENERAL = """\
The library is the folder that --library names, else RAG_LIBRARY, else one in
your data directory. `rag COMMAND --help` shows the options of a command.

  rag add seeds/ https://example.org/story
  rag ask How many sites were hit?
  rag summarize --about "the rail closure" --after 2025-10-01

Exit codes: 0 done (that the articles do not say is a result too), 1 some or all
of the work failed, 2 wrong usage or configuration, 130 interrupted.
"""

EVALUATING = """\
A gold file has one case a line: a question, its accepted answers, and the
passage that must be cited, or "abstain": true where the articles do not say.

  rag eval --draft gold.jsonl --library news    cases to confirm and reword
  rag eval gold.jsonl --library news            the figures, and what is wrong
  rag eval gold.jsonl --library news --engine openai:gpt-5-mini --compare last

A run that is stopped goes on when it is called again. A folder may have
suite.yaml. Its keys: name; articles, paths from there, or {path, limit} for so
many rows of JSON Lines, of a library of their own in your data directory;
cases, gold files (default: all there); optional: true, if articles may be gone.
"""

COMPLETING = """\
Put the script where your shell looks for it, and open a new one:

  rag completion bash > ~/.local/share/bash-completion/completions/rag
  rag completion zsh  > ~/.zsh/completions/_rag    (a folder of your $fpath)
  rag completion fish > ~/.config/fish/completions/rag.fish
"""
