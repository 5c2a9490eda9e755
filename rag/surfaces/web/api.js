// Speaking with the server: JSON, streams of events, uploads with their progress, the key.

const KEPT_AS = "rag-key";
const GONE = "The server does not answer. See whether `rag serve` is still running.";

/** What went wrong, in one line for a person; `type` as the server names it, or `gone` or `broken_off`. */
export class Problem extends Error {
  constructor(type, message, status = 0) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

let library = null;
let askForKey = async () => null;
const watchers = new Set();

/** The library that everything is asked of, where the server has several; `null` is its first. */
export const chosenLibrary = () => library;

export function chooseLibrary(name) {
  library = name;
}

/** `ask(refused)` resolves to a key, or to `null` where the person gives none. */
export function onKeyWanted(ask) {
  askForKey = ask;
}

/** `watch(there)` is called with whether the server was reached, each time that this is known. */
export function onReached(watch) {
  watchers.add(watch);
}

function reached(there) {
  for (const watch of watchers) watch(there);
}

export const storedKey = () => sessionStorage.getItem(KEPT_AS);

export function keepKey(key) {
  if (key) sessionStorage.setItem(KEPT_AS, key);
  else sessionStorage.removeItem(KEPT_AS);
}

function headers(more = {}) {
  const key = storedKey();
  return key ? { ...more, Authorization: `Bearer ${key}` } : more;
}

// One question for a key at a time, however many requests want it.
let asking = null;

async function newKey(used) {
  if (storedKey() !== used) return true; // given meanwhile
  asking ??= askForKey(Boolean(used)).finally(() => (asking = null));
  const key = await asking;
  if (key) keepKey(key);
  return Boolean(key);
}

async function sent(method, path, content, signal) {
  const body = content && library ? { ...content, library } : content;
  if (library && !content) path = withQuery(path, { library });
  for (;;) {
    const used = storedKey();
    let response;
    try {
      response = await fetch(path, {
        method,
        headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
        cache: "no-store",
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      reached(false);
      throw new Problem("gone", GONE);
    }
    reached(true);
    if (response.ok) return response;
    if (response.status === 401 && (await newKey(used))) continue;
    throw problemOf(response.status, await response.text().catch(() => ""));
  }
}

function problemOf(status, text) {
  try {
    const { type, message } = JSON.parse(text).error;
    if (typeof message === "string") return new Problem(type, message, status);
  } catch {
    // No error of the library's: a proxy's page, say.
  }
  return new Problem("unknown", `The server answered with status ${status}.`, status);
}

/** The JSON that the server gives; raises `Problem`. */
export async function call(method, path, body, signal) {
  const response = await sent(method, path, body, signal);
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("broken_off", "The server's reply broke off. Try again.");
  }
}

/** The path with those parameters that have a value. */
export function withQuery(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(given)}` : path;
}

/** The events of a stream as {name, value}; raises `Problem`, also where it ends with neither answer nor error. */
export async function* stream(path, body, signal) {
  const response = await sent("POST", path, body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const event of blocks.map(eventOf).filter(Boolean)) {
        if (event.name === "error") throw new Problem(event.value.error.type, event.value.error.message);
        yield event;
        if (event.name === "answer") return;
      }
    }
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") throw error;
    reached(false);
  } finally {
    await reader.cancel().catch(() => {});
  }
  throw new Problem("broken_off", "The answer broke off before its end. Ask again.");
}

/** One block of a stream (HTML Living Standard, section 9.2), `null` for a comment. */
function eventOf(block) {
  let name = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    const [field, value] = line.match(/^([^:]*):? ?(.*)$/s).slice(1);
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  return data.length ? { name, value: JSON.parse(data.join("\n")) } : null;
}

/** Send one file; `progress(part)` is told how much of it has left, from 0 to 1. Gives the report; raises `Problem`. */
export async function upload(file, progress) {
  for (;;) {
    const used = storedKey();
    const { status, text } = await posted(file, progress);
    if (status === 401 && (await newKey(used))) continue;
    if (status !== 200) throw problemOf(status, text);
    return JSON.parse(text);
  }
}

function posted(file, progress) {
  // fetch tells nothing of how much has been sent.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name);
    request.open("POST", withQuery("v1/articles", { library }));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
      if (lengthComputable) progress(loaded / total);
    });
    request.addEventListener("load", () => {
      reached(true);
      resolve({ status: request.status, text: request.responseText });
    });
    request.addEventListener("error", () => {
      // A server that refuses a large body may close before it was all sent: only asking again can tell.
      reject(new Problem("gone", "The file could not be sent: it is too large for the server, or the server is gone."));
    });
    request.send(form);
  });
}
