// The page of an agent, kept up to date. Texts are put into places that are there; nothing is read as HTML.
"use strict";

const QUIET_MS = 12000; // two signs of life and a bit
const AGAIN_MS = 5000;

const desk = document.getElementById("desk");
const cut = document.getElementById("cut");
let quiet = 0;

function reload() {
  location.replace(location.pathname + "?lang=" + desk.dataset.language);
}

// Silence never looks like calm: what was measured goes from the screen when nobody says that it still holds.
function cutOff() {
  cut.hidden = false;
  desk.classList.add("old");
  const lines = document.getElementById("lines");
  if (lines) lines.replaceChildren();
}

function heard() {
  clearTimeout(quiet);
  quiet = setTimeout(cutOff, QUIET_MS);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function putLines(lines) {
  const list = document.getElementById("lines");
  while (list.children.length > lines.length) list.lastElementChild.remove();
  while (list.children.length < lines.length) list.append(document.createElement("li"));
  lines.forEach((line, number) => {
    put(list.children[number], line.text);
    list.children[number].className = line.cue ? "cue" : "";
  });
}

// The keys stay where they are while they are the same ones, so that the keyboard does not lose its place.
function putKeys(keys) {
  const form = document.getElementById("keys");
  const buttons = [...form.querySelectorAll("button")];
  form.hidden = keys.length === 0;
  if (keys.map((one) => one.key).join() === buttons.map((one) => one.value).join()) {
    keys.forEach((one, number) => put(buttons[number], one.label));
    return;
  }
  const focused = buttons.includes(document.activeElement) ? document.activeElement.value : null;
  buttons.forEach((button) => button.remove());
  for (const one of keys) {
    const button = document.createElement("button");
    button.type = "submit";
    button.name = "key";
    button.value = one.key;
    button.textContent = one.label;
    form.append(button);
  }
  if (focused === null) return;
  const same = [...form.querySelectorAll("button")].find((button) => button.value === focused);
  (same || document.getElementById("consent")).focus();
}

function show(state) {
  if (state.page !== desk.dataset.page) {
    reload();
    return;
  }
  cut.hidden = true;
  desk.classList.remove("old");
  if (!("call" in state) || !document.getElementById("consent")) return;
  desk.dataset.state = state.state;
  put(document.getElementById("consent"), state.consent);
  putLines(state.lines);
  const footer = document.getElementById("footer");
  put(footer, state.footer);
  footer.hidden = state.footer === "";
  document.getElementById("call").value = state.call;
  putKeys(state.keys);
}

const source = new EventSource("/desk/events?lang=" + desk.dataset.language);
let newest = null;
source.addEventListener("state", (event) => {
  heard();
  newest = JSON.parse(event.data);
  show(newest);
});
source.addEventListener("alive", () => {
  heard();
  if (newest !== null && !cut.hidden) show(newest);
});
source.addEventListener("over", () => {
  source.close();
  reload();
});
source.addEventListener("error", () => {
  // Without live updates the page is fetched anew every few seconds, as by a browser without scripts.
  if (source.readyState === EventSource.CLOSED) setTimeout(reload, AGAIN_MS);
});
heard();
