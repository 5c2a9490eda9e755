// The address of the page: what was asked, in the fragment, which no server sees.

import { chosenLibrary } from "./api.js";

const FILTERS = ["publisher", "after", "before"];
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOST_TURNS = 20;

/** What a fragment asks for: {library, view: "articles", filters} or {library, view: "ask", requests}. */
export function read(fragment) {
  const text = fragment.replace(/^#/, "");
  const [head, rest] = text.split("?", 2);
  const given = new URLSearchParams(head === "articles" ? (rest ?? "") : text);
  const library = given.get("library") || null;
  if (head === "articles") return { library, view: "articles", filters: filtersOf(given) };
  const requests = [];
  // A filter belongs to the question that it follows.
  for (const [name, value] of given) {
    if (["q", "about", "summary"].includes(name) && value.trim()) {
      requests.push({ kind: name, text: value, filters: {}, sentences: null });
    } else if (requests.length) {
      const last = requests[requests.length - 1];
      if (name === "sentences" && /^\d{1,3}$/.test(value)) last.sentences = Number(value);
      else if (name === "publisher" || (FILTERS.includes(name) && DATE.test(value))) last.filters[name] = value;
    }
  }
  return { library, view: "ask", requests: requests.slice(0, MOST_TURNS) };
}

function filtersOf(parameters) {
  return Object.fromEntries(FILTERS.filter((name) => parameters.get(name)).map((name) => [name, parameters.get(name)]));
}

/** The fragment that asks all of `requests` again, one after the other. */
export function write(requests) {
  const parameters = new URLSearchParams(chosenLibrary() ? { library: chosenLibrary() } : {});
  for (const { kind, text, filters, sentences } of requests) {
    parameters.append(kind, text);
    if (sentences) parameters.append("sentences", String(sentences));
    for (const name of FILTERS) if (filters[name]) parameters.append(name, filters[name]);
  }
  const written = parameters.toString();
  return written ? `#${written}` : "#";
}

/** The fragment of the list of articles. */
export function writeArticles(filters) {
  const given = FILTERS.filter((name) => filters[name]).map((name) => [name, filters[name]]);
  const written = new URLSearchParams(chosenLibrary() ? [["library", chosenLibrary()], ...given] : given).toString();
  return written ? `#articles?${written}` : "#articles";
}
