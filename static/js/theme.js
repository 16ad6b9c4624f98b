// Runs before the first paint: the chosen theme and the key setting, without a flash.
(() => {
  "use strict";
  const root = document.documentElement;
  root.dataset.js = "";
  let theme = null;
  let keys = null;
  try {
    theme = localStorage.getItem("tars-theme");
    keys = localStorage.getItem("tars-keys");
  } catch { /* storage may be forbidden; the page then follows the system */ }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (keys === "off") root.dataset.keys = "off";
})();
