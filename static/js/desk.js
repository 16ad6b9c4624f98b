// The inbox: a preview beside the list, rows that are selected, a list that stays still while news arrive. docs/look.md has the attributes.
(() => {
  "use strict";
  const WIDE = matchMedia("(min-width: 70rem)");
  const list = () => document.getElementById("_inbox");
  const pane = () => document.getElementById("_pane");
  const openKey = () => pane()?.dataset.open || "";
  let landing = "";
  let lastPicked = null;
  let kept = null;

  // -- the preview
  function preview(row, then) {
    landing = then;
    const url = new URL(row.dataset.pane, location.href);
    htmx.ajax("GET", url.pathname + url.search, { target: "#_pane", swap: "outerHTML" });
  }
  function markOpen() {
    const key = openKey();
    list()?.classList.toggle("opened", Boolean(key));
    for (const row of document.querySelectorAll("[data-pane]")) {
      if (key && row.id === `row-${key}`) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }
  function land() {
    const box = pane();
    if (!landing || !box || !openKey()) return;
    const field = box.querySelector("[name=confirm]") || box.querySelector("[data-key=a]");
    const spot = landing === "field" ? field : landing === "title" ? null : box.querySelector(`[data-key="${landing}"]`);
    const target = spot || box.querySelector("[data-pane-title]");
    landing = "";
    if (!target) return;
    // The answer sticks to the preview's foot where there is room: moving the focus there must not hide the sentence.
    target.focus({ preventScroll: true });
    const { top, bottom } = target.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) target.scrollIntoView({ block: "nearest" });
  }
  function close() {
    const box = pane();
    const key = openKey();
    const away = box?.querySelector("[data-closes-pane]")?.href;
    if (!key || !away) return false;
    box.replaceChildren();
    box.hidden = true;
    box.dataset.open = "";
    box.removeAttribute("aria-label");
    history.pushState({ htmx: true }, "", away);
    markOpen();
    document.getElementById(`row-${key}`)?.focus();
    return true;
  }
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const row = event.target.closest("a[data-pane]");
    if (row && WIDE.matches) {
      event.preventDefault();
      // A click by hand goes on with the password; a key press goes on with reading.
      preview(row, event.detail ? "field" : "title");
    }
    if (event.target.closest("[data-closes-pane]") && close()) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], details[data-menu][open]")) return;
    if (close()) event.preventDefault();
  });

  // -- keys of the list (keys.js asks here first): a, r, c open the row's preview at that button; x selects, X up to here
  const current = () => document.querySelector("[data-row].now") || document.activeElement?.closest?.("[data-row]");
  const boxOf = (row) => row?.closest("li")?.querySelector("input[name=question]");
  function pick(upTo) {
    const box = boxOf(current());
    if (!box) return false;
    if (upTo) range(box, true);
    else box.checked = !box.checked;
    lastPicked = box;
    count();
    return true;
  }
  function range(box, checked) {
    const all = [...document.querySelectorAll("[data-selects] input[name=question]")];
    const [from, to] = [all.indexOf(lastPicked), all.indexOf(box)].sort((one, other) => one - other);
    for (const each of from < 0 ? [box] : all.slice(from, to + 1)) each.checked = checked;
  }
  function answer(key) {
    const row = current();
    if (!row || !list()?.contains(row) || row.id === `row-${openKey()}`) return false;
    if (WIDE.matches && row.dataset.pane) preview(row, key);
    else row.click();
    return true;
  }
  document.addEventListener("click", (event) => {
    const box = event.target instanceof HTMLInputElement && event.target.name === "question" ? event.target : null;
    if (!box) return;
    if (event.shiftKey) range(box, box.checked);
    lastPicked = box;
    count();
  });
  function count() {
    const selected = document.querySelectorAll("[data-selects] input[name=question]:checked").length;
    const line = document.querySelector("[data-selected-count]");
    if (!line) return;
    line.textContent = `${selected} selected:`;
    window.tars.announce(`${selected} selected`);
  }

  // -- what was selected, and where the reader stood, survive a list that is drawn anew
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "_inbox" || event.detail.requestConfig?.verb !== "get") return;
    kept = {
      picked: new Set([...document.querySelectorAll("[data-selects] input[name=question]:checked")].map((box) => box.value)),
      row: current()?.id || "",
    };
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const { target, elt } = event.detail;
    if (target?.id !== "_inbox" && elt?.id !== "_inbox" && target?.id !== "_pane" && elt?.id !== "_pane") return;
    markOpen();
    land();
    if (!kept) return;
    for (const box of document.querySelectorAll("[data-selects] input[name=question]")) box.checked = kept.picked.has(box.value);
    const row = kept.row && document.getElementById(kept.row);
    if (row && (!document.activeElement || document.activeElement === document.body)) row.focus();
    kept = null;
    count();
  });

  window.tars.desk = { pick, answer };
})();
