// Charts: [data-plotly="id"] draws the figure in <script type="application/json" id="id">. The library is fetched on the
// first page that needs it. Strings such as "--chart-1" or "--chart-1/0.2" are colour tokens and follow the theme.
(() => {
  "use strict";
  const CONFIG = { displayModeBar: false, displaylogo: false, showSendToCloud: false, responsive: true, scrollZoom: false, doubleClick: false };
  const TOKEN = /^(--[a-z0-9-]+)(?:\/([\d.]+))?$/;
  let library = null;

  function load() {
    library ??= new Promise((resolve, reject) => {
      const { plotlySrc, plotlyCss } = document.body.dataset;
      const style = document.createElement("link");
      Object.assign(style, { rel: "stylesheet", href: plotlyCss, id: "plotly.js-style-global", className: "no-inline-styles" });
      const script = document.createElement("script");
      Object.assign(script, { src: plotlySrc, onload: () => resolve(window.Plotly), onerror: reject });
      document.head.append(style, script);
    });
    return library;
  }

  function palette() {
    const probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    const seen = new Map();
    const colour = (name, alpha) => {
      if (!seen.has(name)) {
        probe.style.color = `var(${name})`;
        seen.set(name, getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).join(", "));
      }
      return alpha === undefined ? `rgb(${seen.get(name)})` : `rgba(${seen.get(name)}, ${alpha})`;
    };
    const resolve = (value) => {
      if (typeof value === "string") {
        const token = TOKEN.exec(value);
        return token ? colour(token[1], token[2]) : value;
      }
      if (Array.isArray(value)) return value.map(resolve);
      if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item)]));
      return value;
    };
    resolve.done = () => probe.remove();
    return resolve;
  }

  async function draw(boxes) {
    if (!boxes.length) return;
    let Plotly;
    try { Plotly = await load(); } catch { for (const box of boxes) box.hidden = true; return; }
    const resolve = palette();
    for (const box of boxes) {
      const source = document.getElementById(box.dataset.plotly);
      if (!source || !box.isConnected) continue;
      const figure = resolve(JSON.parse(source.textContent));
      await Plotly.react(box, figure.data, figure.layout, CONFIG);
      box.dataset.drawn = "";
    }
    resolve.done();
  }
  const within = (element) => [...(element.matches?.("[data-plotly]") ? [element] : []), ...element.querySelectorAll("[data-plotly]")];

  document.addEventListener("DOMContentLoaded", () => draw(within(document.body)));
  document.addEventListener("htmx:afterSettle", (event) => draw(within(event.detail.elt).filter((box) => !("drawn" in box.dataset))));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    const box = event.detail.elt;
    if (window.Plotly && box.matches?.("[data-plotly][data-drawn]")) window.Plotly.purge(box);
  });
  document.addEventListener("tars:theme", () => draw([...document.querySelectorAll("[data-plotly][data-drawn]")]));
})();
