// Puts the parts of the page together, and follows its address.

import { Adding } from "./adding.js";
import { call, chooseLibrary, chosenLibrary } from "./api.js";
import { Articles } from "./articles.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { announce, byId, element, narrow } from "./dom.js";
import { watchServer } from "./health.js";
import { startKey } from "./key.js";
import { read, write, writeArticles } from "./links.js";
import { Reader } from "./reader.js";

const summarize = ({ id, title }) => begin({ kind: "summary", text: id, title, filters: {}, sentences: null });
const reader = new Reader({ summarize });
const articles = new Articles({
  open: (info, button) => reader.openArticle(info, button),
  summarize,
  moved: (filters) => move(writeArticles(filters)),
});
const adding = new Adding({
  changed: (what) => {
    announce(`Added ${what}`);
    refresh();
  },
});
const conversation = new Conversation({
  open: (citation, siblings, button) => reader.open(citation, siblings, button),
  add: () => adding.open(),
  changed: () => show(),
});
const composer = new Composer({ ask: begin, stop: () => conversation.stop() });

let view = "ask";

/** Asks, as the next turn of the conversation. */
async function begin(request) {
  if (view !== "ask") lay("ask");
  if (narrow.matches) reader.close();
  if (conversation.running) {
    announce("One question at a time: stop the one that runs, or wait for its answer");
    return;
  }
  const asked = conversation.ask(request);
  // The conversation stays one step of the browser's history, however long it gets.
  const fragment = conversation.link();
  if (conversation.turns.length > 1 && read(location.hash).view === "ask") history.replaceState(null, "", fragment);
  else history.pushState(null, "", fragment);
  await asked;
}

function move(fragment) {
  if (fragment === (location.hash || "#")) route();
  else location.hash = fragment;
}

/** Shows what the address names; a conversation that is not the present one is asked anew. */
async function route() {
  const wanted = read(location.hash);
  if (wanted.library !== chosenLibrary()) {
    chooseLibrary(wanted.library);
    byId("library").value = wanted.library ?? byId("library").options[0]?.value ?? "";
    reader.close();
    conversation.clear();
    refresh();
  }
  lay(wanted.view);
  if (wanted.view === "articles") {
    await articles.show(wanted.filters);
    return;
  }
  const fragment = write(wanted.requests);
  if (fragment === conversation.link()) return;
  reader.close();
  conversation.clear();
  if (wanted.requests.length) composer.setFilters(wanted.requests.at(-1).filters);
  for (const request of wanted.requests) {
    const told = await conversation.ask(request);
    if (!told || write(read(location.hash).requests ?? []) !== fragment) break;
  }
}

function lay(name) {
  view = name;
  byId("ask-view").hidden = name !== "ask";
  byId("articles-view").hidden = name !== "articles";
  for (const each of ["ask", "articles"]) {
    if (each === name) byId(`nav-${each}`).setAttribute("aria-current", "page");
    else byId(`nav-${each}`).removeAttribute("aria-current");
  }
  show();
}

function show() {
  const following = conversation.turns.length > 0;
  byId("intro").hidden = following;
  byId("latest").hidden = following || !articles.total;
  byId("ask-view").classList.toggle("talking", following);
  composer.show({ running: conversation.running !== null, following });
  const first = conversation.turns[0]?.title.textContent;
  document.title = view === "articles" ? "Articles · rag" : first ? `${first} · rag` : "rag";
}

/** Lets the person choose where the server has several libraries; the first is the one that needs no name. */
async function offerLibraries() {
  const names = (await call("GET", "v1/models")).data.map((model) => model.id);
  byId("library").replaceChildren(...names.map((name) => element("option", {}, name)));
  byId("library").hidden = names.length < 2;
  byId("library").value = chosenLibrary() ?? names[0];
}

/** Fetches what the first page shows, and the list where that is open. */
async function refresh() {
  try {
    await Promise.all([articles.latest(), offerLibraries()]);
    if (view === "articles") await articles.show(read(location.hash).filters);
    byId("intro-trouble").hidden = true;
  } catch (error) {
    byId("intro-trouble").textContent = error.message;
    byId("intro-trouble").hidden = false;
    announce(error.message);
  }
  show();
}

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  if (view === "ask") composer.focus();
  else byId("articles-title").focus();
});
for (const home of document.querySelectorAll("a[href='#']")) {
  home.addEventListener("click", (event) => {
    event.preventDefault();
    const asks = home.id === "nav-ask" && view !== "ask" && conversation.turns.length > 0;
    move(asks ? conversation.link() : write([]));
    composer.focus();
  });
}
byId("library").addEventListener("change", ({ target }) => {
  const first = target.selectedIndex === 0;
  move(first ? "#" : `#${new URLSearchParams({ library: target.value })}`);
});
byId("nav-articles").addEventListener("click", (event) => {
  event.preventDefault();
  move(writeArticles({}));
});
byId("anew").addEventListener("click", () => {
  move(write([]));
  composer.focus();
});
for (const id of ["add-open", "intro-add"]) byId(id).addEventListener("click", () => adding.open());
window.addEventListener("hashchange", route);
startKey(refresh);
watchServer(refresh);
route();
refresh();
