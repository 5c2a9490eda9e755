// Where questions are typed: the text, whether an answer or a summary is wanted, and the filters.

import { byId } from "./dom.js";
import { filtersInWords } from "./words.js";

const FILTERS = ["publisher", "after", "before"];
const PLACEHOLDERS = { ask: "Ask a question", follow: "Ask a follow-up", about: "Name a topic to sum up" };

export class Composer {
  /** `ask(request)` is called with what was typed, `stop()` where what runs is to end. */
  constructor({ ask, stop }) {
    this.running = false;
    this.following = false;
    this.text = byId("question");
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.running) stop();
      else this.send(ask);
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!this.running) this.send(ask);
    });
    this.text.addEventListener("input", () => this.grow());
    for (const mode of this.modes()) mode.addEventListener("change", () => this.label());
    byId("filters-open").addEventListener("click", () => this.unfold(byId("filters").hidden));
    for (const name of FILTERS) byId(name).addEventListener("input", () => this.tellFilters());
    byId("filters-clear").addEventListener("click", () => this.setFilters({}));
  }

  modes() {
    return document.querySelectorAll("input[name=mode]");
  }

  get mode() {
    return document.querySelector("input[name=mode]:checked").value;
  }

  get filters() {
    const values = FILTERS.map((name) => [name, byId(name).value.trim()]);
    return Object.fromEntries(values.filter(([, value]) => value));
  }

  setFilters(filters) {
    for (const name of FILTERS) byId(name).value = filters[name] ?? "";
    this.tellFilters();
  }

  send(ask) {
    const text = this.text.value.trim();
    if (!text) {
      this.text.focus();
      return;
    }
    const about = this.mode === "about";
    this.text.value = "";
    this.grow();
    const sentences = about ? Number(byId("sentences").value) || null : null;
    ask({ kind: about ? "about" : "q", text, filters: this.filters, sentences });
  }

  unfold(open) {
    byId("filters").hidden = !open;
    byId("filters-open").setAttribute("aria-expanded", String(open));
  }

  tellFilters() {
    const words = filtersInWords(this.filters);
    byId("filters-clear").hidden = !words;
    byId("filters-open").textContent = words ? `Only ${words}` : "All articles";
  }

  grow() {
    // The height follows the text where the style sheet's field-sizing does not do it.
    const lines = this.text.value.split("\n").length;
    this.text.rows = Math.min(6, Math.max(1, lines, Math.ceil(this.text.value.length / 70)));
  }

  label() {
    const about = this.mode === "about";
    byId("sentences-field").hidden = !about;
    byId("question-label").textContent = about ? "Topic" : "Question";
    this.text.placeholder = PLACEHOLDERS[about ? "about" : this.following ? "follow" : "ask"];
    byId("send").textContent = this.running ? "Stop" : about ? "Sum up" : "Ask";
  }

  /** Shows whether something runs, and whether there is something to follow up. */
  show({ running, following }) {
    this.running = running;
    this.following = following;
    byId("anew").hidden = !following;
    this.label();
  }

  focus() {
    this.text.focus();
  }
}
