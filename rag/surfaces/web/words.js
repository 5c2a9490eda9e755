// How values are said in words.

import { element } from "./dom.js";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DATE_FROM = { url: " (date from the address)", text: " (date from the text)" };

/** A date such as 3 February 2024; taken apart by hand, for a Date would move it with the time zone. */
export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}

/** When it was published, and where that is from unless the publisher stated it. */
export function when(article) {
  return article.published ? day(article.published) + (DATE_FROM[article.published_from] ?? "") : "undated";
}

/** Who brought it out, as far as that is known: the publisher, else the site, else `null`. */
export function origin(article) {
  return article.publisher || (webAddress(article.url) ? site(webAddress(article.url)) : null);
}

/** The name to call a source by where there is little room. */
export const outlet = (article) => origin(article) ?? article.title;

/** The name of the site that a URL leads to. */
export const site = (url) => url.hostname.replace(/^www\./, "");

/** Who brought it out and when, as nodes and strings. */
export function byline(article) {
  return [origin(article) && [element("bdi", {}, origin(article)), " · "], when(article)].flat().filter(Boolean);
}

/** The address as a URL to link to, `null` for what is no page of the web. */
export function webAddress(text) {
  if (!text || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url : null;
}

/** A number with its noun. */
export function counted(number, noun, several = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : several}`;
}

/** Filters in words, empty where there are none. */
export function filtersInWords({ publisher, after, before }) {
  const parts = [];
  if (publisher) parts.push(publisher);
  if (after && after === before) parts.push(day(after));
  else {
    if (after) parts.push(`from ${day(after)}`);
    if (before) parts.push(`to ${day(before)}`);
  }
  return parts.join(", ");
}

/** Why there is no answer: what to say, and what one can do. */
export const ABSTENTIONS = {
  empty_library: ["The library is empty.", "Add articles, then ask again."],
  filtered_out: ["No article passes the filter.", "Widen the dates, or choose another publisher."],
  no_match: ["Nothing in the articles matches.", "Try other words, or add articles on the subject."],
  not_stated: ["The articles do not say.", "Below are the passages that come nearest."],
};
