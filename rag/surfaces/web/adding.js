// Adding articles: files that are dropped or chosen, a web page or a feed; one after the other, each with its progress.

import { call, upload } from "./api.js";
import { byId, element } from "./dom.js";
import { counted } from "./words.js";

const OUTCOMES = {
  added: "Added",
  updated: "A new version was added",
  unchanged: "Already there",
  failed: "Failed",
  skipped: "Passed over",
};
const FOLDER = "A folder cannot be sent from here: drop the files in it, or use `rag add` in a terminal.";

export class Adding {
  /** `changed()` is called when something was added. */
  constructor({ changed }) {
    this.changed = changed;
    this.waiting = [];
    this.busy = false;
    this.dialog = byId("add-dialog");
    byId("add-close").addEventListener("click", () => this.dialog.close());
    byId("files").addEventListener("change", (event) => {
      this.files(event.target.files);
      event.target.value = "";
    });
    byId("url-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const url = byId("url").value.trim();
      byId("url").value = "";
      this.enqueue(url, (job) => this.fetched(url, job));
    });
    this.watchDrops();
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  files(files) {
    for (const file of files) this.enqueue(file.name, (job) => this.uploaded(file, job));
  }

  /** What was dropped; a folder cannot be sent, and says so. */
  dropped(items) {
    for (const item of items) {
      if (item.kind !== "file") continue;
      const file = item.getAsFile();
      if (!item.webkitGetAsEntry?.()?.isDirectory) this.files([file]);
      else this.enqueue(file.name, async () => Promise.reject(new Error(FOLDER)));
    }
  }

  watchDrops() {
    const drop = byId("drop");
    let depth = 0;
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    const over = (more) => {
      depth = Math.max(0, depth + more);
      drop.hidden = depth === 0 || this.dialog.open;
      byId("drop-zone").classList.toggle("over", depth > 0);
    };
    window.addEventListener("dragenter", (event) => carriesFiles(event) && over(1));
    window.addEventListener("dragleave", (event) => carriesFiles(event) && over(-1));
    window.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    window.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault(); // else the browser would leave the page for the file
      over(-depth);
      this.open();
      this.dropped(event.dataTransfer.items);
    });
  }

  enqueue(name, work) {
    const bar = element("progress", { max: "1", "aria-label": `Adding ${name}` });
    const outcome = element("span", { class: "outcome" }, "Waiting");
    const details = element("ul", { class: "details" });
    const row = element("li", {}, element("p", { class: "job-name" }, element("bdi", {}, name), outcome), bar, details);
    byId("jobs").prepend(row);
    this.waiting.push({ work, bar, outcome, details, row });
    this.go();
  }

  async go() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length) {
      const job = this.waiting.shift();
      try {
        this.tell(job, await job.work(job));
      } catch (error) {
        job.outcome.textContent = "Failed";
        job.row.classList.add("failed");
        job.details.append(element("li", {}, error.message));
      }
      job.bar.remove();
    }
    this.busy = false;
  }

  async uploaded(file, job) {
    job.outcome.textContent = "Sending";
    job.bar.value = 0;
    return upload(file, (part) => {
      job.bar.value = part;
      if (part < 1) return;
      job.outcome.textContent = "Reading";
      job.bar.removeAttribute("value"); // how long reading takes is not known
    });
  }

  async fetched(url, job) {
    job.outcome.textContent = "Fetching and reading";
    job.bar.removeAttribute("value");
    return call("POST", "v1/articles", { url });
  }

  tell(job, report) {
    const items = report.items;
    if (items.length === 1) {
      job.outcome.textContent = OUTCOMES[items[0].status];
      const detail = items[0].reason ?? items[0].title;
      if (detail) job.details.append(element("li", {}, element("bdi", {}, detail)));
    } else {
      const names = Object.keys(OUTCOMES).filter((name) => report[name]);
      const counts = names.map((name) => `${report[name]} ${name}`).join(", ");
      job.outcome.textContent = counts || "Nothing to add was found";
      const told = items.filter((item) => item.reason).slice(0, 20);
      job.details.append(...told.map((item) => element("li", {}, element("bdi", {}, item.source), `: ${item.reason}`)));
    }
    job.row.classList.toggle("failed", report.failed > 0);
    if (report.added || report.updated) this.changed(counted(report.added + report.updated, "article"));
  }
}
