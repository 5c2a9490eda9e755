// Notices when the server goes away, and when it is back.

import { onReached } from "./api.js";
import { button, byId, element } from "./dom.js";

const EVERY_MS = 15_000;

/** Watches the server while the page is looked at; `back()` is called when it has returned. */
export function watchServer(back) {
  const banner = byId("banner");

  const tell = (there) => {
    if (there === banner.hidden) return;
    banner.hidden = there;
    if (there) {
      banner.replaceChildren();
      back();
      return;
    }
    const command = element("code", {}, "rag serve");
    banner.append(
      element("p", {}, "The server does not answer. See whether ", command, " still runs; what you see here stays."),
      button("Look again", look),
    );
  };

  const look = async () => {
    try {
      await fetch("healthz", { cache: "no-store" });
      tell(true);
    } catch {
      tell(false);
    }
  };

  onReached(tell);
  window.setInterval(() => document.visibilityState === "visible" && look(), EVERY_MS);
  for (const event of ["online", "offline", "focus"]) window.addEventListener(event, look);
}
