// The conversation: what was asked so far, one request to the server at a time, and the link that asks it all again.

import { call, stream } from "./api.js";
import { Turn } from "./answer.js";
import { announce, byId, element, motion } from "./dom.js";
import { write } from "./links.js";
import { ABSTENTIONS, counted } from "./words.js";

// More than that the library does not read.
const REMEMBERED = 20;

export class Conversation {
  /** `open` shows a citation in its article, `add` opens the dialog for adding, `changed` is told of each change. */
  constructor({ open, add, changed }) {
    this.turns = [];
    this.running = null;
    this.changed = changed;
    this.actions = { open, add, again: (turn) => this.again(turn), copy: (turn, button) => this.copy(turn, button) };
  }

  /** The fragment that asks all of this again, up to and with `last`. */
  link(last = this.turns.length - 1) {
    return write(this.turns.slice(0, last + 1).map((turn) => turn.request));
  }

  /** Ends what runs, and forgets everything. */
  clear() {
    this.stop();
    this.running = null;
    this.turns = [];
    byId("turns").replaceChildren();
    this.changed();
  }

  /** Ends what runs; what has arrived of it stays. */
  stop() {
    this.running?.abort();
  }

  /** Asks; resolves to whether there was a reply. */
  async ask(request) {
    const turn = new Turn(request, this.actions);
    this.turns.push(turn);
    byId("turns").append(turn.element);
    turn.element.scrollIntoView({ behavior: motion(), block: "start" });
    return this.run(turn, false);
  }

  async run(turn, fresh) {
    const abort = (this.running = new AbortController());
    this.changed();
    announce("Searching the articles");
    try {
      if (turn.request.kind === "q") await this.streamed(turn, fresh, abort.signal);
      else await this.summarized(turn, fresh, abort.signal);
      announce(summaryOf(turn.answer));
    } catch (error) {
      const message = error.name === "AbortError" ? "It was stopped." : error.message;
      turn.fail(message);
      if (this.turns.includes(turn)) announce(message);
    } finally {
      if (this.running === abort) this.running = null;
      this.changed();
    }
    return turn.answer !== null;
  }

  async streamed(turn, fresh, signal) {
    const { text, filters } = turn.request;
    const body = { question: text, ...filters, ...(fresh && { fresh }), ...this.history(turn) };
    for await (const { name, value } of stream("v1/ask/stream", body, signal)) {
      if (name === "citation") turn.addCitation(value);
      if (name === "statement") {
        turn.addStatement(value);
        announce(turn.spoken(value));
      }
      if (name === "answer") turn.finish(value);
    }
  }

  async summarized(turn, fresh, signal) {
    const { kind, text, filters, sentences } = turn.request;
    const subject = kind === "about" ? { about: text, ...filters } : { id: text };
    const body = { ...subject, ...(sentences && { sentences }), ...(fresh && { fresh }) };
    turn.finish(await call("POST", "v1/summarize", body, signal));
    for (const statement of turn.answer.statements) announce(turn.spoken(statement));
  }

  /** What was said before `turn`, as the server wants it; nothing for a first question. */
  history(turn) {
    const before = this.turns.slice(0, this.turns.indexOf(turn));
    const told = before.filter(({ request, answer }) => request.kind === "q" && answer).slice(-REMEMBERED);
    const history = told.map(({ request, answer }) => ({ question: request.text, answer: answer.text }));
    return history.length ? { history } : {};
  }

  /** Asks the same once more, in the same place. */
  async again(old) {
    if (this.running) return;
    const turn = new Turn(old.request, this.actions);
    this.turns[this.turns.indexOf(old)] = turn;
    old.element.replaceWith(turn.element);
    turn.title.focus();
    await this.run(turn, old.answer !== null);
  }

  async copy(turn, button) {
    const url = new URL(this.link(this.turns.indexOf(turn)), window.location.href).href;
    try {
      await navigator.clipboard.writeText(url);
      button.textContent = "Copied";
      announce("The link was copied");
    } catch {
      // Away from the loopback and without TLS, a page may not write to the clipboard.
      const field = element("input", { class: "link", readonly: true, "aria-label": "Link to this answer" });
      field.value = url;
      button.replaceWith(field);
      field.select();
      field.focus();
    }
  }
}

function summaryOf(reply) {
  if (reply.status === "abstained") {
    const [why] = ABSTENTIONS[reply.reason] ?? ABSTENTIONS.not_stated;
    return `${why} ${counted(reply.nearest.length, "near passage")}.`;
  }
  const disagree = reply.conflicts.length ? " The articles disagree." : "";
  const withheld = reply.withheld.length ? ` ${counted(reply.withheld.length, "sentence")} withheld.` : "";
  const said = `${counted(reply.statements.length, "sentence")}, ${counted(reply.citations.length, "source")}`;
  return `The reply is complete: ${said}.${disagree}${withheld}`;
}
