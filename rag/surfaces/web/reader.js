// The article beside the answer, with the quote marked exactly and scrolled to.

import { call, withQuery } from "./api.js";
import { length, pieces } from "./codepoints.js";
import { announce, button, byId, element, icon, motion, narrow } from "./dom.js";
import { counted, site, webAddress, when } from "./words.js";

export class Reader {
  /** `summarize(article)` is called where the person wants a summary of what is open. */
  constructor({ summarize }) {
    this.panel = byId("reader");
    this.summarize = summarize;
    this.opener = null;
    this.asked = 0;
    byId("veil").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOpen && !document.querySelector("dialog[open]")) this.close();
    });
    narrow.addEventListener("change", () => this.isOpen && this.arrange());
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** Opens the article that `citation` cites, at its words. `siblings` are the other citations of the same reply. */
  async open(citation, siblings, opener) {
    await this.show({ ...citation, id: citation.article_id }, citation, siblings, opener);
  }

  /** Opens an article of the list, from its beginning. */
  async openArticle(info, opener) {
    await this.show(info, null, [], opener);
  }

  async show(named, citation, siblings, opener) {
    const turn = (this.asked += 1);
    if (opener) {
      this.mark(opener);
    }
    const waiting = element("p", { class: "state" }, "Opening the article");
    const body = element("div", { class: "reader-body", "aria-busy": "true" }, waiting);
    const head = element(
      "header",
      { class: "reader-head" },
      element("h2", { id: "reader-title", tabindex: "-1", dir: "auto" }, named.title),
      element("p", { class: "meta", id: "reader-meta" }, this.byline(named)),
    );
    this.panel.replaceChildren(this.bar(citation, siblings), head, body);
    const first = !this.isOpen;
    this.panel.hidden = false;
    this.arrange();
    if (first) opener?.scrollIntoView({ block: "nearest" });
    byId("reader-title").focus({ preventScroll: true });
    try {
      const path = `v1/articles/${encodeURIComponent(named.id)}`;
      const article = await call("GET", withQuery(path, { version: named.version }));
      if (turn === this.asked) this.fill(body, article, citation, siblings);
    } catch (error) {
      if (turn !== this.asked) return;
      body.replaceChildren(element("p", { class: "trouble" }, error.message));
      body.removeAttribute("aria-busy");
      announce(error.message);
    }
  }

  /** What stays in sight above the article: which source it is, the way to the others, and out. */
  bar(citation, siblings) {
    const at = citation ? siblings.findIndex((other) => same(other, citation)) : -1;
    const step = (to, name, label) => {
      const attributes = { class: "quiet", "aria-label": label, disabled: siblings[to] === undefined };
      return button(icon(name), () => this.open(siblings[to], siblings, null), attributes);
    };
    const place = element("span", {}, `${at + 1} of ${siblings.length}`);
    const several = siblings.length > 1 && at >= 0;
    const steps = several
      ? [step(at - 1, "previous", "Previous source"), place, step(at + 1, "next", "Next source")]
      : [];
    return element(
      "div",
      { class: "reader-bar" },
      element("p", { class: "kicker" }, at < 0 ? "Article" : "Source"),
      element("div", { class: "steps" }, steps),
      button([icon("close"), "Close"], () => this.close(), { class: "quiet close", id: "reader-close" }),
    );
  }

  byline(article) {
    const parts = [article.publisher, article.author].filter(Boolean).map((name) => element("bdi", {}, name));
    return [...parts, when(article)].flatMap((part, number) => (number ? [" · ", part] : [part]));
  }

  fill(body, article, citation, siblings) {
    const spans = [];
    const here = (other) => other.article_id === article.id && other.version === article.version;
    if (citation) spans.push({ start: citation.start, end: citation.end, kind: "quote" });
    for (const other of siblings.filter(here)) spans.push({ start: other.start, end: other.end, kind: "other" });
    for (const [start, end] of article.boilerplate) spans.push({ start, end, kind: "boilerplate" });
    const text = element("div", { class: "article-text", dir: "auto", lang: article.language || null });
    let quote = null;
    for (const piece of pieces(article.text, spans)) {
      if (piece.kind === "quote" && piece.text === citation.quote) {
        quote = element("mark", { class: "quote", id: "quote", tabindex: "-1" }, piece.text);
        text.append(quote);
      } else if (piece.kind === "other") text.append(element("mark", { class: "other" }, piece.text));
      else if (piece.kind === "boilerplate") text.append(element("span", { class: "boilerplate" }, piece.text));
      else text.append(piece.text);
    }
    body.replaceChildren(...this.notes(article, citation, quote), text);
    body.removeAttribute("aria-busy");
    byId("reader-meta").replaceChildren(...this.byline(article));
    if (quote) {
      this.scrollTo(quote);
      announce(`Opened ${article.title}. The quote: ${citation.quote}`);
    } else {
      this.panel.scrollTop = 0;
      announce(`Opened ${article.title}`);
    }
  }

  /** What stands above the text: where it is from, whether it has changed, what can be done with it. */
  notes(article, citation, quote) {
    const url = webAddress(article.url);
    const elsewhere = { href: url?.href, target: "_blank", rel: "noopener noreferrer" };
    const changed = "The article has changed since. This is the version that was cited.";
    return [
      element(
        "p",
        { class: "reader-actions" },
        button("Summarize", () => this.summarize(article), { class: "quiet" }),
        url && element("a", elsewhere, `Original at ${site(url)}`),
        element("span", { class: "meta" }, counted(length(article.text), "character")),
      ),
      article.current !== article.version && element("p", { class: "note" }, changed),
      citation && !quote && element("p", { class: "trouble" }, "The quote does not stand at its place in this text."),
    ].filter(Boolean);
  }

  scrollTo(quote) {
    // Within the panel alone: the answer beside it stays where it is.
    const height = this.panel.clientHeight;
    const top = quote.getBoundingClientRect().top - this.panel.getBoundingClientRect().top + this.panel.scrollTop;
    // A quote near the beginning needs no scrolling, so the title stays in sight with it.
    const seen = top + quote.offsetHeight < height * 0.8;
    this.panel.scrollTo({ top: seen ? 0 : top - height * 0.3, behavior: motion() });
  }

  /** Beside the answer where there is room, else a sheet over it, which keeps the focus. */
  arrange() {
    const sheet = narrow.matches;
    byId("layout").classList.toggle("reading", true);
    document.body.classList.toggle("covered", sheet);
    byId("veil").hidden = !sheet;
    for (const id of ["main", "masthead", "skip"]) byId(id).inert = sheet;
    if (sheet) {
      this.panel.setAttribute("role", "dialog");
      this.panel.setAttribute("aria-modal", "true");
    } else {
      this.panel.removeAttribute("role");
      this.panel.removeAttribute("aria-modal");
    }
  }

  mark(opener) {
    this.opener?.removeAttribute("aria-expanded");
    this.opener = opener;
    opener.setAttribute("aria-expanded", "true");
  }

  /** Closes it; the focus goes back to what opened it. */
  close() {
    if (!this.isOpen) return;
    this.asked += 1;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    byId("layout").classList.remove("reading");
    document.body.classList.remove("covered");
    byId("veil").hidden = true;
    for (const id of ["main", "masthead", "skip"]) byId(id).inert = false;
    const opener = this.opener;
    this.opener = null;
    opener?.removeAttribute("aria-expanded");
    if (opener?.isConnected) {
      opener.focus();
      opener.scrollIntoView({ block: "nearest" });
    } else byId("question").focus();
  }
}

const WHICH = ["article_id", "version", "start", "end", "number"];
const same = (one, other) => WHICH.every((name) => one[name] === other[name]);
