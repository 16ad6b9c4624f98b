// The page's behaviour: theme, menus, dialogs, forms, and what htmx says. Every attribute is listed in docs/look.md.
(() => {
  "use strict";
  const root = document.documentElement;
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* storage forbidden */ } };
  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  // -- live region and toasts
  const LINGER_MS = 8000;
  function say(text, tone = "") {
    const toasts = document.getElementById("toasts");
    if (!toasts) return;
    const note = document.createElement("div");
    note.className = `notice ${tone}`.trim();
    const line = document.createElement("p");
    line.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn quiet square small close";
    close.setAttribute("aria-label", "Close");
    close.textContent = "×";
    close.addEventListener("click", () => note.remove());
    note.append(line, close);
    toasts.append(note);
    if (tone !== "bad") setTimeout(() => note.remove(), LINGER_MS);
  }
  // For what stands elsewhere on the page already: readers of the screen hear it, nobody sees it twice.
  function announce(text) {
    const toasts = document.getElementById("toasts");
    const words = text.replace(/\s+/g, " ").trim();
    if (!toasts || !words || [...toasts.children].some((one) => one.textContent === words)) return;
    const line = document.createElement("p");
    line.className = "vh";
    line.textContent = words;
    toasts.append(line);
    setTimeout(() => line.remove(), LINGER_MS);
  }
  function announceIn(box) {
    for (const one of box.matches?.("[data-says]") ? [box] : box.querySelectorAll?.("[data-says]") || []) announce(one.textContent);
  }

  // -- theme
  function setTheme(theme) {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    remember("tars-theme", theme);
    showTheme();
    document.dispatchEvent(new CustomEvent("tars:theme"));
  }
  function showTheme() {
    const theme = root.dataset.theme || "auto";
    for (const button of document.querySelectorAll("[data-set-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
    }
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("tars:theme")));

  // -- dialogs: data-opens="id", data-closes="id"; a click on the backdrop closes
  function open(id, opener) {
    const dialog = document.getElementById(id);
    if (!(dialog instanceof HTMLDialogElement) || dialog.open) return Boolean(dialog);
    for (const menu of document.querySelectorAll("details[data-menu][open]")) menu.open = false;
    dialog.addEventListener("close", () => opener?.isConnected && opener.focus(), { once: true });
    dialog.showModal();
    (dialog.querySelector("[autofocus]") || dialog.querySelector("h2"))?.focus();
    return true;
  }

  document.addEventListener("click", (event) => {
    const blocked = closest(event, '[aria-disabled="true"]');
    if (blocked) { event.preventDefault(); event.stopPropagation(); return; }
    const opener = closest(event, "[data-opens]");
    if (opener && open(opener.dataset.opens, opener)) event.preventDefault();
    const closer = closest(event, "[data-closes]");
    if (closer) { document.getElementById(closer.dataset.closes)?.close(); event.preventDefault(); }
    if (event.target instanceof HTMLDialogElement && outside(event.target, event)) event.target.close();
    const theme = closest(event, "[data-set-theme]");
    if (theme) setTheme(theme.dataset.setTheme);
    const copier = closest(event, "[data-copy]");
    if (copier) navigator.clipboard?.writeText(copier.dataset.copy).then(() => say("Copied."), () => say("Copying was not allowed here.", "bad"));
    const filler = closest(event, "[data-fills]");
    const field = filler && document.getElementById(filler.dataset.fills);
    if (field) { field.value = filler.dataset.value; field.form.querySelector("input[type=password]")?.focus(); }
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  }, true);
  function outside(dialog, event) {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = closest(event, "details[data-menu][open]") || document.querySelector("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary")?.focus(); event.preventDefault(); }
  });

  // -- forms: unsaved work is asked about (data-guard), a form is sent once
  const dirty = new WeakSet();
  document.addEventListener("input", (event) => {
    const form = closest(event, "form[data-guard]");
    if (form) dirty.add(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    dirty.delete(form);
    if (form.method !== "post" || form.hasAttribute("hx-post") || form.dataset.sent === "") { if (form.dataset.sent === "") event.preventDefault(); return; }
    if (event.defaultPrevented) return;
    if (form.hasAttribute("data-download")) return; // the page stays, and the next file may be asked for
    form.dataset.sent = "";
    for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) button.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    }
  });
  addEventListener("beforeunload", (event) => {
    for (const form of document.querySelectorAll("form[data-guard]")) {
      if (dirty.has(form)) event.preventDefault();
    }
  });
  document.addEventListener("change", (event) => {
    const form = closest(event, "form[data-autosubmit]");
    if (form && !form.hasAttribute("hx-get")) form.requestSubmit();
  });

  // -- the JSON editor: Tab indents two spaces (Esc, then Tab leaves the field)
  let leaving = false;
  document.addEventListener("keydown", (event) => {
    const area = closest(event, "textarea[data-json]");
    if (!area) return;
    if (event.key === "Escape") { leaving = true; return; }
    if (event.key === "Tab" && !event.shiftKey && !leaving) {
      event.preventDefault();
      area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    leaving = false;
  });

  // -- htmx
  const buttonsOf = (element) => {
    const form = element.closest("form") || element;
    const inside = form.matches("button") ? [form] : form.querySelectorAll("button");
    return [...inside, ...(form.id ? document.querySelectorAll(`button[form="${CSS.escape(form.id)}"]`) : [])];
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig, xhr } = event.detail;
    if (document.activeElement !== document.body) origins.set(xhr, document.activeElement);
    if (requestConfig.verb === "get") return;
    for (const button of buttonsOf(elt)) if (!button.disabled) { button.disabled = true; button.dataset.held = ""; }
  });
  // -- numbers that stay fresh: data-quiet asks nothing while nobody looks, and says nothing when no answer comes
  // HAZARD: disabling a button, or swapping away what has the focus, drops the focus on <body>: the keyboard would start over.
  const origins = new WeakMap();
  function refocus(from, box) {
    if (!from || document.activeElement !== document.body) return;
    const again = from.isConnected ? from : from.id && document.getElementById(from.id);
    const spot = (again && !again.disabled && again.checkVisibility() && again) || box?.querySelector?.("[data-focus], h1, h2, h3") || document.getElementById("main");
    if (!spot) return;
    if (spot.tabIndex < 0 && !spot.hasAttribute("tabindex")) spot.tabIndex = -1;
    spot.focus({ preventScroll: spot.id === "main" });
  }
  const isQuiet = (event) => event.detail.elt?.hasAttribute?.("data-quiet");
  document.addEventListener("htmx:beforeRequest", (event) => { if (document.hidden && isQuiet(event)) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const one of document.querySelectorAll("[data-wakes]")) window.htmx?.trigger(one, one.dataset.wakes);
  });
  // -- data-reads="url" on a link: following it also marks the notice as read
  document.addEventListener("click", (event) => {
    const link = closest(event, "a[data-reads]");
    const token = document.body.getAttribute("hx-headers");
    if (link && token) fetch(link.dataset.reads, { method: "POST", headers: JSON.parse(token), keepalive: true, redirect: "manual" }).catch(() => {});
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (isQuiet(event)) return;
    for (const button of document.querySelectorAll("button[data-held]")) { button.disabled = false; delete button.dataset.held; }
    const from = origins.get(event.detail.xhr);
    if (from?.isConnected) refocus(from);
    if (event.detail.successful && event.detail.requestConfig.verb !== "get") dirty.delete(event.detail.elt.closest("form"));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, shouldSwap } = event.detail;
    if (!shouldSwap || !/^\s*<!doctype html/i.test(xhr.responseText) || target === document.body) return;
    // A whole page where a piece was expected: the session ended, or the server could not answer in pieces.
    event.detail.shouldSwap = false;
    const path = new URL(xhr.responseURL || location.href).pathname;
    const login = document.body.dataset.login;
    if (login && path === login) location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
    else say("The server sent a whole page where a part was expected, so this one stayed as it was. Reload it to see what happened.", "bad");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (isQuiet(event)) return;
    const { status } = event.detail.xhr;
    const request = event.detail.xhr.getResponseHeader("X-Request-Id");
    const what = status === 429 ? "Too many requests at once. Wait a moment, then try again." : `The server answered ${status}. What you typed is still here; try again.`;
    say(request ? `${what} Request ${request}.` : what, "bad");
  });
  document.addEventListener("htmx:sendError", (event) => isQuiet(event) || say("No answer from the server. What you typed is still here; check the connection and try again.", "bad"));
  document.addEventListener("tars:say", (event) => say(event.detail.text || event.detail.value || "", event.detail.tone || ""));
  document.addEventListener("htmx:afterSettle", (event) => {
    const box = event.detail.elt;
    const verb = event.detail.requestConfig?.verb;
    const spot = box.matches?.("[data-focus]") ? box : box.querySelector?.("[data-focus]");
    if (spot && verb && verb !== "get") { if (!spot.hasAttribute("tabindex")) spot.tabIndex = -1; spot.focus(); }
    showTheme();
    announceIn(box);
    const from = origins.get(event.detail.xhr);
    // After every listener: the inbox moves the focus to its preview by itself.
    if (!isQuiet(event) || !from?.isConnected) queueMicrotask(() => refocus(from, box));
  });

  document.addEventListener("DOMContentLoaded", () => {
    showTheme();
    const strip = document.querySelector(".nav");
    const here = strip?.querySelector("[aria-current]");
    if (here && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = here.offsetLeft - strip.clientWidth / 2 + here.offsetWidth / 2;
    if (location.hash === "" ) document.querySelector('[role="alert"][data-focus]')?.focus();
    announceIn(document.body);
    const asked = document.querySelector("dialog[data-open-now]");
    if (asked) open(asked.id, null);
  });
  window.tars = { say, announce, open, remember };
})();
