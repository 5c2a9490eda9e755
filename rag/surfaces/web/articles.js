// The list of articles: filtered by publisher and date, opened, summarized, removed; and the latest, on the first page.

import { call, withQuery } from "./api.js";
import { announce, button, byId, element } from "./dom.js";
import { byline, counted, filtersInWords, when } from "./words.js";

const PAGE = 50;
const LATEST = 6;
const PROMISE =
  "Every sentence of an answer carries its source, to the character. " +
  "When the articles do not say, neither does the answer.";
const EMPTY =
  "The library is empty. Drop files anywhere on this page, choose them, or name a web page or a feed. " +
  "Then ask: every sentence of an answer carries its source.";

export class Articles {
  /** `open(info, button)` shows an article, `summarize(info)` sums it up, `moved(filters)` is told of new filters. */
  constructor({ open, summarize, moved }) {
    this.open = open;
    this.summarize = summarize;
    this.offset = 0;
    this.loading = 0;
    this.total = null;
    const fields = { publisher: byId("list-publisher"), after: byId("list-after"), before: byId("list-before") };
    this.fields = fields;
    byId("articles-filters").addEventListener("submit", (event) => {
      event.preventDefault();
      moved(this.typed());
    });
    for (const field of Object.values(fields)) field.addEventListener("change", () => moved(this.typed()));
    byId("list-clear").addEventListener("click", () => moved({}));
    byId("more").addEventListener("click", () => this.load(false));
    byId("remove-cancel").addEventListener("click", () => byId("remove-dialog").close());
    byId("remove-confirm").addEventListener("click", () => this.remove());
  }

  typed() {
    const values = Object.entries(this.fields).map(([name, field]) => [name, field.value.trim()]);
    return Object.fromEntries(values.filter(([, value]) => value));
  }

  /** Shows the list with these filters. */
  async show(filters) {
    for (const [name, field] of Object.entries(this.fields)) field.value = filters[name] ?? "";
    this.filters = filters;
    byId("list-clear").hidden = !filtersInWords(filters);
    await this.load(true);
  }

  async load(anew) {
    const turn = (this.loading += 1);
    const list = byId("articles");
    const offset = anew ? 0 : this.offset;
    try {
      const page = await call("GET", withQuery("v1/articles", { ...this.filters, limit: PAGE, offset }));
      if (turn !== this.loading) return;
      const rows = page.articles.map((info) => this.row(info));
      if (anew) list.replaceChildren(...rows);
      else {
        list.append(...rows);
        rows[0]?.querySelector("button").focus();
      }
      this.offset = offset + page.articles.length;
      byId("more").hidden = this.offset >= page.total;
      this.count(page.total);
    } catch (error) {
      if (turn === this.loading) this.fail(error);
    }
  }

  count(total) {
    const only = filtersInWords(this.filters);
    const none = only ? "No article passes the filter" : "The library is empty: add articles, with the button above";
    byId("list-count").textContent = [total ? counted(total, "article") : none, only].filter(Boolean).join(": ");
  }

  fail(error) {
    byId("list-count").replaceChildren(element("span", { class: "trouble" }, error.message));
    announce(error.message);
  }

  row(info) {
    const versions = info.versions > 1 && counted(info.versions, "version");
    const length = counted(info.characters, "character");
    const details = [info.publisher, info.author, length, versions, !info.url && info.source];
    const meta = details.filter(Boolean).flatMap((part, number) => [number ? " · " : "", element("bdi", {}, part)]);
    const open = (event) => this.open(info, event.currentTarget);
    const named = (what) => ({ class: "quiet", "aria-label": `${what} ${info.title}` });
    return element(
      "li",
      { "data-id": info.id },
      element("p", { class: "row-date" }, when(info)),
      element(
        "div",
        { class: "row-main" },
        button(info.title, open, { class: "row-title", dir: "auto" }),
        element("p", { class: "meta" }, meta),
      ),
      element(
        "div",
        { class: "row-actions" },
        button("Summarize", () => this.summarize(info), named("Summarize")),
        button("Remove", () => this.confirm(info), named("Remove")),
      ),
    );
  }

  confirm(info) {
    this.leaving = info;
    const gone = "goes with all its versions, and with the answers that were kept from it. This cannot be undone.";
    byId("remove-text").textContent = `“${info.title}” ${gone}`;
    byId("remove-dialog").showModal();
    byId("remove-cancel").focus();
  }

  async remove() {
    const info = this.leaving;
    byId("remove-dialog").close();
    try {
      await call("DELETE", `v1/articles/${encodeURIComponent(info.id)}`);
      announce(`Removed ${info.title}`);
    } catch (error) {
      this.fail(error);
      return;
    }
    await Promise.all([this.load(true), this.latest()]);
    byId("articles-title").focus();
  }

  /** What the first page shows: how many there are, the newest, and the publishers to choose from. */
  async latest() {
    const page = await call("GET", withQuery("v1/articles", { limit: 100 }));
    this.total = page.total;
    const badge = byId("total");
    badge.textContent = page.total.toLocaleString("en");
    badge.hidden = page.total === 0;
    const publishers = [...new Set(page.articles.map((info) => info.publisher).filter(Boolean))].sort();
    byId("publishers").replaceChildren(...publishers.map((value) => element("option", { value })));
    byId("latest-list").replaceChildren(...page.articles.slice(0, LATEST).map((info) => this.card(info)));
    const empty = page.total === 0;
    byId("intro-title").textContent = empty ? "Start with some articles" : "Ask the articles";
    byId("intro-add").hidden = !empty;
    byId("intro-text").textContent = empty ? EMPTY : PROMISE;
  }

  card(info) {
    return element(
      "li",
      {},
      button(
        [
          element("span", { class: "card-title", dir: "auto" }, info.title),
          element("span", { class: "meta" }, byline(info)),
        ],
        (event) => this.open(info, event.currentTarget),
        { class: "card" },
      ),
    );
  }
}
