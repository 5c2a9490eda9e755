// Building elements. Text goes in as text nodes alone: nothing here, or elsewhere on the page, reads markup.

/** The element of that id in the page. */
export const byId = (id) => document.getElementById(id);

/**
 * A new element. `attributes` are set as they are; one that is `false` or `null` is left out, `true` is set empty,
 * and `onclick` and the like add a listener. `children` are nodes and strings; what is `null` is passed over.
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A button that does `act(event)`; `content` is a node, a string or several of them. */
export function button(content, act, attributes = {}) {
  return element("button", { type: "button", ...attributes, onclick: act }, content);
}

const PATHS = {
  verified: "M3.5 8.5l3 3 6-7",
  partial: "M2.5 9.5c1.8-2.6 3.6-2.6 5.5-1s3.7 1.6 5.5-1",
  withheld: "M4.5 8h7",
  close: "M4 4l8 8M12 4l-8 8",
  previous: "M10 3.5L5.5 8l4.5 4.5",
  next: "M6 3.5L10.5 8 6 12.5",
};

/** A small drawing, of no meaning to a screen reader. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", "icon");
  path.setAttribute("d", PATHS[name]);
  drawing.append(path);
  return drawing;
}

/** Say it to a screen reader. */
export function announce(text) {
  const log = byId("announcer");
  log.append(element("p", {}, text));
  while (log.childElementCount > 20) log.firstChild.remove();
}

/** Whether the reader covers the page as a sheet, as it does on a phone. */
export const narrow = window.matchMedia("(max-width: 62rem)");

/** How to scroll, as the person likes it. */
export const motion = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
