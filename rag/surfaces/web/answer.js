// One question with its reply: grows while statements arrive, and shows everything that the reply holds.

import { button, element, icon } from "./dom.js";
import { ABSTENTIONS, byline, counted, filtersInWords, outlet, when } from "./words.js";

const KINDS = { q: "Question", about: "Summary", summary: "Summary of an article" };

/**
 * Shows one turn. `actions` has open(citation, siblings, button), again(turn), copy(turn, button) and add().
 */
export class Turn {
  constructor(request, actions) {
    this.request = request;
    this.answer = null;
    this.actions = actions;
    this.citations = new Map();
    this.streamed = [];
    const only = filtersInWords(request.filters);
    this.title = element("h2", { tabindex: "-1", dir: "auto" }, request.title ?? request.text);
    this.body = element("div", { class: "reply" });
    this.state = element("p", { class: "state" });
    this.element = element(
      "article",
      { class: "turn", "aria-busy": "true" },
      element("p", { class: "kicker" }, KINDS[request.kind], only && element("span", { class: "only" }, ` · ${only}`)),
      this.title,
      this.body,
      this.state,
    );
    this.say("Searching the articles");
  }

  /** Says what is going on. */
  say(text) {
    this.state.replaceChildren(element("span", { class: "dots", "aria-hidden": "true" }), text);
  }

  addCitation(citation) {
    this.citations.set(citation.number, citation);
    this.say("Reading");
  }

  addStatement(statement) {
    this.streamed.push(statement);
    this.list ??= this.body.appendChild(element("ol", { class: "statements" }));
    this.list.append(this.statement(statement));
    this.say("Checking the next sentence");
  }

  /** Shows the whole reply; statements that have arrived stay where they are, with the focus that they have. */
  finish(reply) {
    this.answer = reply;
    const same = JSON.stringify(this.streamed) === JSON.stringify(reply.statements);
    if (!same) {
      this.list?.remove();
      this.list = null;
      this.streamed = [];
    }
    this.citations = new Map(reply.citations.map((citation) => [citation.number, citation]));
    if (this.request.kind === "summary") this.title.textContent = reply.subject;
    if (!same) for (const statement of reply.statements) this.addStatement(statement);
    if (reply.status === "abstained") this.body.append(this.abstention(reply));
    if (reply.conflicts.length) this.body.append(...reply.conflicts.map((conflict) => this.conflict(conflict)));
    if (reply.withheld.length) this.body.append(this.withheld(reply.withheld));
    if (reply.citations.length) this.body.append(this.sources(reply.citations));
    this.body.append(this.foot(reply));
    this.settle();
  }

  /** Shows why there is no reply; what has arrived stays, marked as unfinished. */
  fail(message) {
    this.body.append(
      element(
        "div",
        { class: "trouble" },
        element("p", {}, this.streamed.length ? `This is not the whole answer. ${message}` : message),
        button("Try again", () => this.actions.again(this)),
      ),
    );
    this.settle();
  }

  settle() {
    this.state.replaceChildren();
    this.element.removeAttribute("aria-busy");
  }

  /** What it says, for a screen reader: a sentence and who says so. */
  spoken(statement) {
    const known = statement.citations.map((number) => this.citations.get(number)).filter(Boolean);
    const sources = known.map((citation) => `source ${citation.number}, ${outlet(citation)}`);
    const doubt = statement.support === "verified" ? "" : " Partly confirmed.";
    return `${statement.text}${doubt} (${sources.join("; ")})`;
  }

  statement(statement) {
    const verified = statement.support === "verified";
    const said = element("p", { class: "said", dir: "auto" }, statement.text);
    const verdict = element(
      "span",
      { class: `verdict ${statement.support}` },
      icon(verified ? "verified" : "partial"),
      element("span", {}, verified ? "Verified" : "Partly confirmed", statement.check && `: ${statement.check}`),
    );
    const carried = element("p", { class: "carried" }, this.chips(statement.citations), verdict);
    return element("li", { class: `statement ${statement.support}` }, said, carried);
  }

  chips(numbers) {
    const known = numbers.map((number) => this.citations.get(number)).filter(Boolean);
    return known.map((citation) => {
      const of = `${citation.title}, ${outlet(citation)}, ${when(citation)}`;
      const label = `Source ${citation.number}: ${of}. Open it at the quote`;
      return this.opening(citation, { class: "chip", title: citation.title, "aria-label": label }, [
        element("span", { class: "number" }, String(citation.number)),
        element("bdi", { class: "outlet" }, outlet(citation)),
      ]);
    });
  }

  /** A button that opens the article at the words of `citation`. */
  opening(citation, attributes, content) {
    const open = (event) => {
      const shown = this.answer?.status === "abstained" ? this.answer.nearest : [...this.citations.values()];
      this.actions.open(citation, shown, event.currentTarget);
    };
    return button(content, open, attributes);
  }

  abstention(reply) {
    const [what, advice] = ABSTENTIONS[reply.reason] ?? ABSTENTIONS.not_stated;
    const near = reply.nearest.length;
    return element(
      "div",
      { class: "abstention" },
      element("p", { class: "said" }, what),
      element("p", { class: "advice" }, reply.reason === "not_stated" && !near ? "Try other words." : advice),
      reply.reason === "empty_library" &&
        button("Add articles", () => this.actions.add(), { class: "primary" }),
      near > 0 && element("h3", {}, "Nearest passages"),
      near > 0 && element("ul", { class: "passages" }, grouped(reply.nearest).map((several) => this.passages(several))),
    );
  }

  /** Passages of one article, under its title. */
  passages(several) {
    const [article] = several;
    const quotes = several.map((citation) =>
      this.opening(citation, { class: "passage" }, element("q", { dir: "auto" }, citation.quote)),
    );
    return element(
      "li",
      {},
      element("p", { class: "passage-title", dir: "auto" }, article.title),
      element("p", { class: "meta" }, byline(article)),
      quotes,
    );
  }

  conflict(conflict) {
    const asked = conflict.about === this.request.text ? "" : `: ${conflict.about}`;
    const about = conflict.about.endsWith("?") ? asked : ` on ${conflict.about}`;
    const values = conflict.values.map((value) =>
      element(
        "li",
        {},
        element("p", { class: "value", dir: "auto" }, value.value),
        element("p", { class: "carried" }, this.chips(value.citations)),
      ),
    );
    return section("conflict", `The articles disagree${about}`, element("ul", {}, values));
  }

  withheld(withheld) {
    const items = withheld.map((statement) =>
      element(
        "li",
        {},
        element("p", { class: "not-said", dir: "auto" }, statement.text),
        element("p", { class: "verdict" }, icon("withheld"), `Not shown as fact: ${statement.check}`),
      ),
    );
    return section("withheld", `Withheld: ${counted(items.length, "sentence")}`, element("ul", {}, items));
  }

  /** Every source; its words too, where what is said has other words. */
  sources(citations) {
    const said = new Set(this.answer.statements.map((statement) => statement.text));
    const items = citations.map((citation) =>
      this.opening(citation, { class: "source" }, [
        element("span", { class: "number" }, String(citation.number)),
        element(
          "span",
          { class: "source-text" },
          element("span", { class: "source-title", dir: "auto" }, citation.title),
          element("span", { class: "meta" }, byline(citation)),
          !said.has(citation.quote) && element("q", { class: "source-quote", dir: "auto" }, citation.quote),
        ),
      ]),
    );
    return section("sources", "Sources", element("ol", {}, items.map((item) => element("li", {}, item))));
  }

  foot(reply) {
    const generative = reply.engine === "generative";
    const model = element("bdi", {}, reply.model ?? "a language model");
    const author = generative
      ? ["Written by ", model, ", each sentence checked against its sources"]
      : ["In the articles’ own sentences"];
    const seconds = (reply.timings_ms.retrieve + reply.timings_ms.answer) / 1000;
    const pause = seconds >= 0.05 ? `, in ${seconds.toFixed(1)} s` : "";
    const quiet = { class: "quiet" };
    return element(
      "footer",
      { class: "foot" },
      reply.notice && element("p", { class: "notice" }, reply.notice),
      element("p", { class: "meta" }, reply.status === "answered" && [...author, pause]),
      element(
        "p",
        { class: "foot-actions" },
        button("Copy link", (event) => this.actions.copy(this, event.currentTarget), quiet),
        generative && button("Write anew", () => this.actions.again(this), quiet),
      ),
    );
  }
}

const section = (name, title, content) => element("section", { class: name }, element("h3", {}, title), content);

/** The citations, those of one article together, in the order in which the articles first come. */
function grouped(citations) {
  const groups = new Map();
  for (const citation of citations) {
    const name = `${citation.article_id} ${citation.version}`;
    groups.set(name, [...(groups.get(name) ?? []), citation]);
  }
  return [...groups.values()];
}
