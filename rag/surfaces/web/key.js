// The key of a server that wants one: asked for when it is missing or refused, and kept in this tab alone.

import { keepKey, onKeyWanted, storedKey } from "./api.js";
import { byId } from "./dom.js";

const KEPT = "It is kept in this tab only, until the tab is closed.";
const REFUSED = "The server refuses the key that was given.";

/** Lets the person give, change and forget the key; `changed()` is called after a change by hand. */
export function startKey(changed) {
  const dialog = byId("key-dialog");
  const field = byId("key");
  let answered = null;

  const show = (text) => {
    byId("key-text").textContent = text;
    byId("key-forget").hidden = !storedKey();
    field.value = "";
    if (!dialog.open) dialog.showModal();
    field.focus();
    return new Promise((resolve) => (answered = resolve));
  };
  const end = (value) => {
    dialog.close();
    answered?.(value);
    answered = null;
  };

  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) end(field.value.trim());
  });
  byId("key-cancel").addEventListener("click", () => end(null));
  byId("key-forget").addEventListener("click", () => {
    keepKey(null);
    end(null);
  });
  dialog.addEventListener("cancel", () => end(null));
  byId("key-open").addEventListener("click", async () => {
    const key = await show(KEPT);
    if (key) keepKey(key);
    changed();
  });
  onKeyWanted((refused) => {
    byId("key-open").hidden = false;
    return show(refused ? `${REFUSED} ${KEPT}` : KEPT);
  });
  byId("key-open").hidden = !storedKey();
}
