// Keyboard shortcuts. Keys move the focus, they never decide by themselves; off inside fields and by choice (WCAG 2.1.4).
(() => {
  "use strict";
  const root = document.documentElement;
  const CHORD_MS = 1500;
  let chordUntil = 0;

  const isTyping = (element) => element instanceof HTMLElement && (element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select"));
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
  const linkOf = (row) => (row.matches("a[href]") ? row : row.querySelector("a[href]"));

  function mark(row) {
    for (const other of document.querySelectorAll("[data-row].now")) other.classList.remove("now");
    row.classList.add("now");
    const focusable = linkOf(row) || row;
    focusable.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("now") || row.contains(document.activeElement));
    mark(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]);
  }
  function focusKey(key) {
    const target = [...document.querySelectorAll(`[data-key="${key}"]`)].find((element) => element.checkVisibility());
    target?.focus();
    target?.scrollIntoView({ block: "nearest" });
    return Boolean(target);
  }
  // On the inbox a row under the keys comes before what is open: its preview opens at that button.
  const answer = (key) => window.tars.desk?.answer(key) || focusKey(key);
  function focusFilter() {
    const field = document.querySelector("[data-filter]") || document.querySelector('main input[type="search"]');
    field?.focus();
    field?.select?.();
    return Boolean(field);
  }
  function go(letter) {
    const link = [...document.querySelectorAll("[data-go]")].find((element) => element.dataset.go === letter);
    if (link) location.assign(link.href);
    return Boolean(link);
  }
  function openRow() {
    const row = document.querySelector("[data-row].now");
    if (!row || document.activeElement?.closest("a, button, summary")) return false;
    const link = linkOf(row);
    link?.click();
    return Boolean(link);
  }

  // -- reading change by change: [ and ] move, v marks the one that is being read as viewed (it decides nothing)
  function nextChange(step) {
    const all = [...document.querySelectorAll("[data-change]")].filter((one) => one.checkVisibility());
    if (!all.length) return false;
    const at = all.findIndex((one) => one.contains(document.activeElement));
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
  function tick() {
    const spot = document.activeElement?.closest("[data-change]") || document.querySelector("[data-change]:has([data-tick][aria-pressed=false])");
    const button = spot?.querySelector("[data-tick]");
    button?.focus();
    button?.click();
    return Boolean(button);
  }

  const ACTIONS = {
    j: () => (move(1), true), k: () => (move(-1), true), Enter: openRow, "/": focusFilter,
    a: () => answer("a"), r: () => answer("r"), c: () => answer("c"),
    x: () => window.tars.desk?.pick(false), X: () => window.tars.desk?.pick(true),
    v: tick, "[": () => nextChange(-1), "]": () => nextChange(1),
    "?": () => window.tars.open("keys", document.activeElement),
    g: () => { chordUntil = performance.now() + CHORD_MS; return true; },
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (root.dataset.keys === "off" && event.key !== "Enter") return;
    if (document.querySelector("dialog[open]")) return;
    const inChord = performance.now() < chordUntil;
    chordUntil = 0;
    const done = inChord && go(event.key) ? true : Object.hasOwn(ACTIONS, event.key) && ACTIONS[event.key]();
    if (done) event.preventDefault();
  });

  document.addEventListener("focusin", (event) => {
    const row = event.target instanceof Element && event.target.closest("[data-row]");
    for (const other of document.querySelectorAll("[data-row].now")) if (other !== row) other.classList.remove("now");
  });
  document.addEventListener("change", (event) => {
    if (!(event.target instanceof Element) || !event.target.matches("[data-keys-switch]")) return;
    if (event.target.checked) delete root.dataset.keys;
    else root.dataset.keys = "off";
    window.tars.remember("tars-keys", event.target.checked ? "on" : "off");
  });
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-keys-switch]");
    if (box) box.checked = root.dataset.keys !== "off";
  });
})();
